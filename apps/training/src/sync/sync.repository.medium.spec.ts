import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Database } from '@purser/database';
import { testDatabase, type TestDatabase } from '@purser/testing';
import { v7 as uuidv7 } from 'uuid';
import type { ScannedFolder } from '../folders/work-effort-folder.ts';
import { migrations } from '../migrations/index.ts';
import { SyncRepository } from './sync.repository.ts';

let own: TestDatabase;
let database: Database;
let repository: SyncRepository;

beforeAll(async () => {
  own = await testDatabase({ migrations, schema: 'training' });
  database = await Database.open({ url: own.url, schema: 'training', entities: [], migrations });
  repository = new SyncRepository(database);
});
afterAll(async () => {
  await database?.close();
  await own?.drop();
});

async function source(): Promise<string> {
  const id = uuidv7();
  await database.query(
    `INSERT INTO sources (id, kind, path, disabled) VALUES ($1::uuid, 'directory', '/' || $1, false)`,
    [id],
  );
  return id;
}

function folder(letters: string, title: string): ScannedFolder {
  const externalId = `WE-260101-${letters}`;
  const at = new Date('2026-01-01T00:00:00Z');
  const workEffort = {
    externalId,
    title,
    description: '',
    status: 'planned',
    branch: null,
    createdAt: at,
    updatedAt: at,
  } as const;
  const ticket = { externalId: `TKT-${letters}-001`, title, status: 'pending', sequence: 1, notes: [] } as const;
  return {
    externalId,
    path: externalId,
    hash: title,
    problems: [],
    content: { workEffort: { ...workEffort, notes: [] }, tickets: [ticket] },
  };
}

const result = (...folders: ScannedFolder[]) => ({ status: 'ok', problems: [], folders }) as const;
const titles = async (id: string) =>
  (await database.query<{ title: string }>('SELECT title FROM work_efforts WHERE source_id = $1', [id])).map(
    ({ title }) => title,
  );

it('writes nothing of a sync that another one has overtaken', async () => {
  const id = await source();
  const slow = (await repository.begin(id, 60_000))!;
  const fast = (await repository.begin(id, 60_000))!;
  expect(await repository.finish(id, fast, result(folder('aaaa', 'newer')))).toBe(true);
  expect(await repository.finish(id, slow, result(folder('bbbb', 'older')))).toBe(false);
  expect(await titles(id)).toEqual(['newer']);
  const again = (await repository.begin(id, 60_000))!;
  expect([...again.known]).toEqual([['WE-260101-aaaa', { externalId: 'WE-260101-aaaa', hash: 'newer', problems: [] }]]);
});

it('writes nothing for a source that is gone', async () => {
  const id = await source();
  const begun = (await repository.begin(id, 60_000))!;
  await database.query('DELETE FROM sources WHERE id = $1', [id]);
  expect(await repository.finish(id, begun, result(folder('aaaa', 'lost')))).toBe(false);
  expect(await repository.begin(id, 60_000)).toBeNull();
  expect(await titles(id)).toEqual([]);
});

it('keeps the same work effort of two sources apart', async () => {
  const ids = [await source(), await source()];
  for (const id of ids) {
    const begun = (await repository.begin(id, 60_000))!;
    await repository.finish(id, begun, result(folder('aaaa', id)));
  }
  for (const id of ids) expect(await titles(id)).toEqual([id]);
  const [count] = await database.query(
    'SELECT count(DISTINCT id)::integer AS tickets FROM tickets WHERE title = ANY ($1)',
    [ids],
  );
  expect(count).toEqual({ tickets: 2 });
});
