import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Database, migrate } from '@purser/database';
import { testDatabase, type TestDatabase } from '@purser/testing';
import { migrations } from './index.ts';

describe('the migrations', () => {
  let database: TestDatabase;
  let connection: Database;
  beforeAll(async () => {
    database = await testDatabase();
    const options = { url: database.url, schema: 'budget', entities: [], migrations };
    connection = await Database.open(options);
  });
  afterAll(async () => {
    await connection?.close();
    await database?.drop();
  });

  const tables = async () => {
    const rows = await connection.query(`SELECT tablename FROM pg_tables WHERE schemaname = 'budget' ORDER BY 1`);
    return rows.map(({ tablename }) => tablename as string);
  };

  it('can all be undone and done again', async () => {
    const all = await tables();
    expect(all).toEqual(expect.arrayContaining(['accounts', 'budgets', 'configuration_entries', 'outbox', 'sessions']));
    const undone = await migrate({
      url: database.url,
      schema: 'budget',
      migrations,
      direction: 'down',
      steps: migrations.length,
    });
    expect(undone).toHaveLength(migrations.length);
    expect(await tables()).toEqual(['migrations']);
    await migrate({ url: database.url, schema: 'budget', migrations, direction: 'up' });
    expect(await tables()).toEqual(all);
  });
});
