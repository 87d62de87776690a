import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Database, migrate } from '@purser/database';
import { testDatabase, type TestDatabase } from '@purser/testing';
import { migrations } from './index.ts';

let own: TestDatabase;
beforeAll(async () => {
  own = await testDatabase();
});
afterAll(() => own?.drop());

it('go up, down to nothing, and up again', async () => {
  const schema = { url: own.url, schema: 'reports', migrations };
  const up = () => migrate({ ...schema, direction: 'up' });
  const names = await up();
  expect(names).toHaveLength(migrations.length);
  const undone = await migrate({ ...schema, direction: 'down', steps: migrations.length });
  expect(undone).toEqual(names.toReversed());
  const database = await Database.open({ ...schema, migrations: [], entities: [], migrateAtStart: false });
  try {
    const left = await database.query("SELECT tablename FROM pg_tables WHERE schemaname = 'reports'");
    expect(left).toEqual([{ tablename: 'migrations' }]);
  } finally {
    await database.close();
  }
  expect(await up()).toEqual(names);
});
