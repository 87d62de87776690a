import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { openCaches, type Caches } from '@purser/caching';
import { Database } from '@purser/database';
import { testDatabase, type TestDatabase } from '@purser/testing';
import { v7 as uuidv7 } from 'uuid';
import { WorkChanges } from '../changes/work-changes.ts';
import { migrations } from '../migrations/index.ts';
import { DueSourcesRepository } from './due-sources.repository.ts';

let own: TestDatabase;
let database: Database;
let caches: Caches;
let due: DueSourcesRepository;
beforeAll(async () => {
  own = await testDatabase({ migrations, schema: 'training' });
  database = await Database.open({ url: own.url, schema: 'training', entities: [], migrations });
  caches = await openCaches();
  due = new DueSourcesRepository(database, new WorkChanges(database, caches));
});
afterAll(async () => {
  await caches?.close();
  await database?.close();
  await own?.drop();
});
afterEach(() => database.query('TRUNCATE sources CASCADE'));

/** A source that is due for `dueSeconds`; the rest are columns in SQL. */
async function source(dueSeconds: number, columns: Readonly<Record<string, string>> = {}): Promise<string> {
  const id = uuidv7();
  const set = Object.entries({ disabled: 'false', ...columns });
  await database.query(
    `INSERT INTO sources (id, kind, path, next_sync_at, ${set.map(([name]) => name).join()})
     VALUES ($1::uuid, 'github', $3, clock_timestamp() - $2::integer * interval '1 second', ${set.map(([, value]) => value).join()})`,
    [id, dueSeconds, id],
  );
  return id;
}

describe('sources that are due', () => {
  it('are handed out once, however many ask at once', async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, () => source(5)));
    const claims = await Promise.all(Array.from({ length: 8 }, () => due.claim(4)));
    const more = [await due.claim(20), await due.claim(20)];
    expect([...claims, ...more].flat().sort()).toEqual(ids.sort());
  });

  it('come in the order in which they became due', async () => {
    const [late, latest] = [await source(10), await source(90)];
    await source(1);
    const claimed = [await due.claim(1), await due.claim(1)];
    expect(claimed).toEqual([[latest], [late]]);
  });

  it.each([
    ['whose time has not come', -60, {}],
    ['that are disabled', 60, { disabled: 'true' }],
    ['that are being read', 60, { syncing_until: "clock_timestamp() + interval '1 minute'" }],
  ])('are not those %s', async (_which, dueSeconds, columns) => {
    await source(dueSeconds, columns);
    expect(await due.claim(10)).toEqual([]);
  });

  it('are those whose reading was begun by a process that died', async () => {
    const id = await source(60, { syncing_until: "clock_timestamp() - interval '1 second'" });
    expect(await due.claim(10)).toEqual([id]);
  });

  it('are handed out again when they are given back', async () => {
    const [id] = [await source(60), await source(-60)];
    await due.claim(10);
    expect(await due.claim(10)).toEqual([]);
    await due.giveBack(id);
    expect(await due.claim(10)).toEqual([id]);
  });
});
