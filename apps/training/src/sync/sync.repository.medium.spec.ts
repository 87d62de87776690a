import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openCaches, type Caches } from '@purser/caching';
import { Database } from '@purser/database';
import { testDatabase, type TestDatabase } from '@purser/testing';
import { v7 as uuidv7 } from 'uuid';
import { WorkChanges } from '../changes/work-changes.ts';
import type { Item, ItemContent } from '../items/item.ts';
import { migrations } from '../migrations/index.ts';
import { SourceEntity } from '../sources/source.entity.ts';
import { ItemsRepository } from './items.repository.ts';
import type { Reading } from './source-reader.ts';
import { TagLinksRepository } from '../tags/tag-links.repository.ts';
import { SyncRepository } from './sync.repository.ts';

let own: TestDatabase;
let database: Database;
let caches: Caches;
let repository: SyncRepository;

beforeAll(async () => {
  own = await testDatabase({ migrations, schema: 'training' });
  database = await Database.open({ url: own.url, schema: 'training', entities: [SourceEntity], migrations });
  caches = await openCaches();
  const items = new ItemsRepository(database, new TagLinksRepository(database));
  repository = new SyncRepository(database, items, new WorkChanges(database, caches));
});
afterAll(async () => {
  await caches?.close();
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

function item(letters: string, title: string, more: { tags?: string[]; problems?: Item['problems'] } = {}): Item {
  const externalId = `WE-260101-${letters}`;
  const at = new Date('2026-01-01T00:00:00Z');
  const ticket = { externalId: `TKT-${letters}-001`, title, status: 'pending', sequence: 1 } as const;
  const content: ItemContent = {
    ...{ title, description: '', status: 'planned', branch: null, repository: null, tags: more.tags ?? [] },
    ...{ createdAt: at, updatedAt: at },
    tickets: [{ ...ticket, parent: externalId, assignedTo: null, createdAt: null }],
  };
  return { externalId, path: externalId, hash: title, problems: more.problems ?? [], content };
}

/** A sync from beginning to end. */
async function sync(id: string, reading: Reading): Promise<boolean> {
  return repository.finish((await repository.begin(id, 60_000))!, reading);
}

const all = (...items: Item[]): Reading => ({ complete: true, problems: [], items });
const delta = (items: Item[], removed: string[] = []): Reading => ({ complete: false, problems: [], items, removed });
const problem = (path: string) => ({ path, reason: 'is odd' });
const stored = (id: string) => database.repository(SourceEntity).findOneByOrFail({ id });
const titles = async (id: string) =>
  (await database.query<{ title: string }>('SELECT title FROM work_efforts WHERE source_id = $1', [id])).map(
    ({ title }) => title,
  );

it('writes nothing of a sync that another one has overtaken', async () => {
  const id = await source();
  const slow = (await repository.begin(id, 60_000))!;
  const fast = (await repository.begin(id, 60_000))!;
  expect(await repository.finish(fast, all(item('aaaa', 'newer')))).toBe(true);
  expect(await repository.finish(slow, all(item('bbbb', 'older')))).toBe(false);
  expect(await titles(id)).toEqual(['newer']);
  const again = (await repository.begin(id, 60_000))!;
  expect([...again.known][0]).toEqual([
    'WE-260101-aaaa',
    { externalId: 'WE-260101-aaaa', path: 'WE-260101-aaaa', hash: 'newer', stamp: null, problems: [] },
  ]);
});

it('writes nothing for a source that is gone', async () => {
  const id = await source();
  const begun = (await repository.begin(id, 60_000))!;
  await database.query('DELETE FROM sources WHERE id = $1', [id]);
  expect(await repository.finish(begun, all(item('aaaa', 'lost')))).toBe(false);
  expect(await repository.begin(id, 60_000)).toBeNull();
  expect(await titles(id)).toEqual([]);
});

it('keeps the same work effort of two sources apart', async () => {
  const ids = [await source(), await source()];
  for (const id of ids) {
    await sync(id, all(item('aaaa', id)));
  }
  for (const id of ids) expect(await titles(id)).toEqual([id]);
  const [count] = await database.query(
    'SELECT count(DISTINCT id)::integer AS tickets FROM tickets WHERE title = ANY ($1)',
    [ids],
  );
  expect(count).toEqual({ tickets: 2 });
});

it('leaves what a reading of changes alone does not name, with its problems', async () => {
  const id = await source();
  await sync(id, {
    ...all(item('aaaa', 'a', { problems: [problem('a.md')] }), item('bbbb', 'b')),
    bookmark: { page: 1 },
  });
  await sync(id, delta([item('cccc', 'c', { problems: [problem('c.md')] })], ['WE-260101-bbbb']));
  expect((await titles(id)).sort()).toEqual(['a', 'c']);
  expect(await stored(id)).toMatchObject({
    ...{ status: 'partial', workEfforts: 2, problems: [problem('a.md'), problem('c.md')] },
  });
  await sync(id, delta([item('aaaa', 'mended')]));
  expect((await titles(id)).sort()).toEqual(['c', 'mended']);
  expect(await stored(id)).toMatchObject({ problems: [problem('c.md')] });
});

it('hands a reading what the last one that was stored left for it', async () => {
  const id = await source();
  const bookmark = async () => (await repository.begin(id, 60_000))!.bookmark;
  expect(await bookmark()).toBeNull();
  await sync(id, { ...delta([]), bookmark: { since: '2026-01-01', tags: ['x'] } });
  expect(await bookmark()).toEqual({ since: '2026-01-01', tags: ['x'] });
  await repository.finish((await repository.begin(id, 60_000))!, { failure: problem('.') });
  expect(await bookmark()).toEqual({ since: '2026-01-01', tags: ['x'] });
  await sync(id, delta([]));
  expect(await bookmark()).toBeNull();
});

it('keeps tags in their order while something has them, and no longer', async () => {
  const ids = [await source(), await source()] as const;
  const tags = async () =>
    database.query<{ id: string; name: string }>(
      `SELECT source_id AS id, name FROM work_effort_tags JOIN tags ON tags.id = tag_id
       JOIN work_efforts ON work_efforts.id = work_effort_id WHERE source_id = ANY ($1) ORDER BY source_id, position`,
      [ids],
    );
  const names = async () =>
    (await database.query<{ name: string }>('SELECT name FROM tags ORDER BY name')).map(({ name }) => name);
  await sync(ids[0], all(item('aaaa', 'a', { tags: ['x', 'y'] })));
  await sync(ids[1], all(item('aaaa', 'a', { tags: ['y', 'z'] })));
  await sync(ids[0], all(item('aaaa', 'b', { tags: ['y', 'w'] })));
  expect((await tags()).map(({ name }) => name)).toEqual(['y', 'w', 'y', 'z']);
  expect(await names()).toEqual(['w', 'y', 'z']);
  await sync(ids[1], all());
  expect(await names()).toEqual(['w', 'y']);
});

it('writes shared tags of several sources at once', async () => {
  const ids = await Promise.all(Array.from({ length: 6 }, source));
  const tagged = (n: number) => all(item('aaaa', `round ${n}`, { tags: n % 2 ? ['p', 'q', 'r'] : ['r', 's', 'p'] }));
  for (let round = 0; round < 5; round += 1) {
    const done = await Promise.all(ids.map((id, index) => sync(id, tagged(round + index))));
    expect(done).toEqual(ids.map(() => true));
  }
});

it('writes nothing of a source that was disabled meanwhile, which is not left as being read', async () => {
  const id = await source();
  const begun = (await repository.begin(id, 60_000))!;
  await database.query('UPDATE sources SET disabled = true WHERE id = $1', [id]);
  expect(await repository.finish(begun, all(item('aaaa', 'a')))).toBe(false);
  expect(await titles(id)).toEqual([]);
  expect(await stored(id)).toMatchObject({ status: 'new', syncingUntil: null });
});
