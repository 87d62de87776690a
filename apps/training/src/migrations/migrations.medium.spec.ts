import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { Database, migrate } from '@purser/database';
import { testDatabase, type TestDatabase } from '@purser/testing';
import { migrations } from './index.ts';

let own: TestDatabase;
beforeEach(async () => {
  own = await testDatabase();
});
afterEach(() => own?.drop());

it('go up, down to nothing, and up again', async () => {
  const schema = { url: own.url, schema: 'training', migrations };
  const up = () => migrate({ ...schema, direction: 'up' });
  const names = await up();
  expect(names).toHaveLength(migrations.length);
  const undone = await migrate({ ...schema, direction: 'down', steps: migrations.length });
  expect(undone).toEqual(names.toReversed());
  const database = await Database.open({ ...schema, migrations: [], entities: [], migrateAtStart: false });
  try {
    const left = await database.query("SELECT tablename FROM pg_tables WHERE schemaname = 'training'");
    expect(left).toEqual([{ tablename: 'migrations' }]);
  } finally {
    await database.close();
  }
  expect(await up()).toEqual(names);
});

it('forget the answers that were remembered in the clear, since nobody can open them', async () => {
  const schema = { url: own.url, schema: 'training' };
  const sealed = migrations.findIndex(({ name }) => name.startsWith('UnsealedAnswers'));
  await migrate({ ...schema, migrations: migrations.slice(0, sealed), direction: 'up' });
  const database = await Database.open({ ...schema, migrations: [], entities: [], migrateAtStart: false });
  try {
    await database.query(
      `INSERT INTO idempotency_keys (actor_key_id, subject, key, request_sha256, response, expires_at)
       VALUES (gen_random_uuid(), 'training.sources.create', 'key', '', '{"id":"1"}', clock_timestamp() + interval '1 day')`,
    );
    await migrate({ ...schema, migrations, direction: 'up' });
    expect(await database.query('SELECT response FROM idempotency_keys')).toEqual([]);
  } finally {
    await database.close();
  }
});
