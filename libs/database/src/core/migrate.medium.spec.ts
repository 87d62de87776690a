import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { setTimeout as sleep } from 'node:timers/promises';
import { testDatabase, waitUntil, type TestDatabase } from '@purser/testing';
import { Database, migrate, type MigrationClass } from '../index.ts';

class Shelves1700000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create table shelf (id bigint primary key)');
    // Long enough for the other migrators to come.
    await runner.query('select pg_sleep(0.2)');
  }
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table shelf');
  }
}

class Books1700000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create table book (id bigint primary key)');
  }
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table book');
  }
}

class Index1700000000002 implements MigrationInterface {
  transaction = false;
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create index concurrently book_by_id on book (id)');
  }
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index book_by_id');
  }
}

class Broken1700000000003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create table half (id int)');
    await runner.query('select 1 / 0');
  }
  async down(): Promise<void> {}
}

const all = [Shelves1700000000000, Books1700000000001, Index1700000000002];
const names = all.map((migration) => migration.name);

let database: TestDatabase;
let client: pg.Client;
const up = (migrations: MigrationClass[] = all, lockTimeoutMs = 30_000) =>
  migrate({ url: database.url, schema: 'library', migrations, direction: 'up', lockTimeoutMs });
const down = (steps?: number) =>
  migrate({ url: database.url, schema: 'library', migrations: all, direction: 'down', steps });
const tables = async () => {
  const { rows } = await client.query(`select schemaname || '.' || tablename as name from pg_tables
    where schemaname in ('library', 'public') order by 1`);
  return rows.map((row: { name: string }) => row.name);
};

beforeEach(async () => {
  database = await testDatabase();
  client = new pg.Client({ connectionString: database.url });
  client.on('error', () => {});
  await client.connect();
});
afterEach(async () => {
  await client?.end();
  await database?.drop();
});

describe('migrate', () => {
  it('keeps everything, its own table too, in the schema', async () => {
    expect(await up()).toEqual(names);
    expect(await tables()).toEqual(['library.book', 'library.migrations', 'library.shelf']);
    expect(await up()).toEqual([]);
  });

  it('lets one of several racing migrators do the work, and an index built concurrently is no deadlock', async () => {
    const done = await Promise.all([up(), up(), up()]);
    expect(done.sort((a, b) => b.length - a.length)).toEqual([names, [], []]);
  });

  it('takes back as many steps as asked for, the last first', async () => {
    await up();
    expect(await down()).toEqual([names[2]]);
    expect(await down(2)).toEqual([names[1], names[0]]);
    expect(await tables()).toEqual(['library.migrations']);
    expect(await down(5)).toEqual([]);
    expect(await up()).toEqual(names);
  });

  it('waits for another migrator no longer than told', async () => {
    await client.query(`select pg_advisory_lock(hashtext('purser.migrate'), hashtext('library'))`);
    await expect(up(all, 100)).rejects.toMatchObject({ code: 'unavailable', retryable: true });
    expect(await tables()).toEqual([]);
  });

  it('leaves nothing of a migration that fails, keeps those before it, and gives the lock back', async () => {
    await expect(up([...all, Broken1700000000003])).rejects.toThrow('division by zero');
    expect(await tables()).toEqual(['library.book', 'library.migrations', 'library.shelf']);
    expect(await up()).toEqual([]);
  });

  it('needs no right to make schemas where the schema exists', async () => {
    await client.query(`drop role if exists purser_test_service`);
    await client.query(`create role purser_test_service login password 'test'`);
    try {
      await client.query('create schema library authorization purser_test_service');
      const url = new URL(database.url);
      Object.assign(url, { username: 'purser_test_service', password: 'test' });
      const options = { schema: 'library', migrations: all, direction: 'up' } as const;
      expect(await migrate({ ...options, url: url.href })).toEqual(names);
    } finally {
      await client.query('drop owned by purser_test_service');
      await client.query('drop role purser_test_service');
    }
  });
});

describe('a start that does not migrate', () => {
  const waited: string[] = [];
  const start = (migrations: MigrationClass[], migrationTimeoutMs: number) =>
    Database.open({
      ...{ url: database.url, schema: 'library', entities: [], migrations, poolMax: 1 },
      ...{ migrateAtStart: false, migrationTimeoutMs, onWaiting: (message: string) => waited.push(message) },
    });
  beforeEach(() => void waited.splice(0));

  it('waits until all that it knows are done, by whoever does them', async () => {
    const starting = start(all, 30_000);
    await waitUntil(() => waited.length > 0, { timeoutMs: 10_000, what: 'it says that it waits' });
    await up(all.slice(0, 2));
    await expect(Promise.race([starting, sleep(600, 'still waiting')])).resolves.toBe('still waiting');
    await up();
    await (await starting).close();
    expect(waited).toEqual([expect.stringContaining(`"library" lacks the migrations ${names.join(', ')}`)]);
  });

  it('minds no migration of a newer version', async () => {
    await up();
    await (await start(all.slice(0, 1), 100)).close();
    expect(waited).toEqual([]);
  });

  it('gives up in time, names what is missing and has changed nothing', async () => {
    await expect(start(all, 100)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/lacks the migrations Shelves1700000000000, .*migrate it first/),
    });
    expect(await tables()).toEqual([]);
  });
});
