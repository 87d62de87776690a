import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { testDatabase, type TestDatabase } from './index.ts';

class Shelves1700000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create table shelf (id bigint primary key)');
    await runner.query('insert into shelf values (1)');
  }
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table shelf');
  }
}

async function rows(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

describe('testDatabase', () => {
  const options = { migrations: [Shelves1700000000000], schema: 'library' };
  let databases: TestDatabase[];
  beforeAll(async () => {
    databases = await Promise.all([testDatabase(options), testDatabase(options), testDatabase()]);
  });
  afterAll(() => Promise.all(databases.map((database) => database.drop())));

  it('gives each caller a migrated database of its own, also when several ask at once', async () => {
    const [first, second] = databases as [TestDatabase, TestDatabase];
    await rows(first.url, 'insert into library.shelf values (2)');
    expect(await rows(first.url, 'select id from library.shelf order by id')).toEqual([{ id: '1' }, { id: '2' }]);
    expect(await rows(second.url, 'select id from library.shelf')).toEqual([{ id: '1' }]);
  });

  it('gives an empty database without migrations', async () => {
    const tables = await rows(databases[2]!.url, `select from pg_tables where schemaname in ('public', 'library')`);
    expect(tables).toEqual([]);
  });

  it('drops a database that somebody is still connected to', async () => {
    const database = await testDatabase();
    const client = new pg.Client({ connectionString: database.url });
    const ended = new Promise((resolve) => client.on('error', resolve));
    await client.connect();
    await database.drop();
    await ended;
    await expect(rows(database.url, 'select 1')).rejects.toMatchObject({ code: '3D000' });
  });
});
