import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { DomainError } from '@purser/errors';
import { testDatabase, type TestDatabase } from '@purser/testing';
import { Database, type DatabaseOptions } from '../index.ts';

@Entity('place')
class Place {
  @PrimaryColumn('int')
  id!: number;

  @Column('text')
  name!: string;
}

class Places1700000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create table place (id int primary key, name text not null)');
  }
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table place');
  }
}

// Two databases that differ, so that a test sees which one answered.
let primary: TestDatabase;
let replica: TestDatabase;
const opened: Database[] = [];

async function open(options: Partial<DatabaseOptions> = {}): Promise<Database> {
  const database = await Database.open({
    ...{ url: primary.url, schema: 'atlas', entities: [Place], migrations: [Places1700000000000] },
    ...{ replicaUrl: replica.url, poolMin: 0, poolMax: 3 },
    ...options,
  });
  opened.push(database);
  return database;
}

beforeAll(async () => {
  [primary, replica] = await Promise.all([testDatabase(), testDatabase()]);
  for (const [url, name] of [
    [primary.url, 'primary'],
    [replica.url, 'replica'],
  ] as const) {
    const database = await open({ url, replicaUrl: undefined });
    await database.query('insert into place values (1, $1)', [name]);
  }
});
afterEach(() => Promise.all(opened.splice(0).map((database) => database.close())));
afterAll(() => Promise.all([primary?.drop(), replica?.drop()]));

const whoAnswers = async (database: Database) =>
  (await database.query<{ name: string }>('select name from place'))[0]!.name;
const fallbacks = (database: Database) => database.replicaMetrics()[0]!.samples[0]!.value;

describe('a read that may be behind', () => {
  it('goes to the replica, whichever way it goes through the database; everything else to the primary', async () => {
    const database = await open();
    const seen = await database.readOnly(async () => [
      await whoAnswers(database),
      (await database.repository(Place).findOneByOrFail({ id: 1 })).name,
      await database.readOnly(() => whoAnswers(database)),
    ]);
    expect(seen).toEqual(['replica', 'replica', 'replica']);
    expect(await whoAnswers(database)).toBe('primary');
    expect((await database.repository(Place).findOneByOrFail({ id: 1 })).name).toBe('primary');
    expect(database.poolStats().map(({ pool }) => pool)).toEqual(['purser-atlas', 'purser-atlas-replica']);
    expect(fallbacks(database)).toBe(0);
  });

  it('is of one moment where that is asked for, and writes nothing', async () => {
    const database = await open();
    const isolation = () =>
      database.query<{ level: string }>(`select current_setting('transaction_isolation') as level`);
    const level = database.readOnly(isolation, { isolation: 'REPEATABLE READ' });
    expect(await level).toEqual([{ level: 'repeatable read' }]);
    const write = database.readOnly(() => database.query(`update place set name = 'other'`));
    await expect(write).rejects.toMatchObject({ code: '25006' });
  });

  it('belongs to the transaction that it is in', async () => {
    const database = await open();
    const inside = database.transaction(async () => {
      await database.query(`insert into place values (2, 'mine')`);
      const rows = await database.readOnly(() => database.query('select name from place where id = 2'));
      throw Object.assign(new Error('roll back'), { rows });
    });
    await expect(inside).rejects.toMatchObject({ rows: [{ name: 'mine' }] });
  });

  it('goes to the primary where there is no replica', async () => {
    const database = await open({ replicaUrl: undefined });
    expect(await database.readOnly(() => whoAnswers(database))).toBe('primary');
    expect(await database.readOnly(() => whoAnswers(database), { isolation: 'REPEATABLE READ' })).toBe('primary');
    expect(fallbacks(database)).toBe(0);
  });
});

describe('a replica that is away', () => {
  it('keeps nobody from starting or reading, and is counted', async () => {
    const database = await open({ replicaUrl: 'postgresql://nobody@127.0.0.1:1/none' });
    expect(await database.readOnly(() => whoAnswers(database))).toBe('primary');
    expect(await database.readOnly(() => whoAnswers(database))).toBe('primary');
    expect(fallbacks(database)).toBe(2);
  });

  it('has what it was lost under done again on the primary', async () => {
    const database = await open();
    let runs = 0;
    const seen = await database.readOnly(async () => {
      runs += 1;
      const name = await whoAnswers(database);
      if (name === 'replica') await database.query('select pg_terminate_backend(pg_backend_pid())');
      return name;
    });
    expect([seen, runs, fallbacks(database)]).toEqual(['primary', 2, 1]);
  });

  it('is not what a replica is taken for whose connections are all in use', async () => {
    const database = await open({ poolMax: 1, poolQueueMax: 1 });
    const busy = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const held = database.readOnly(async () => {
      begun.resolve();
      await busy.promise;
    });
    await begun.promise;
    const waiting = database.readOnly(() => whoAnswers(database));
    const refused = database.readOnly(() => whoAnswers(database));
    await expect(refused).rejects.toMatchObject({ code: 'unavailable', details: { reason: 'queue_full' } });
    busy.resolve();
    await held;
    expect(await waiting).toBe('replica');
    expect(await database.readOnly(() => whoAnswers(database))).toBe('replica');
    expect(fallbacks(database)).toBe(0);
  });

  it('is not what something else is taken for that is away, and the work is not done again', async () => {
    const database = await open();
    const cause = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', syscall: 'connect' });
    let runs = 0;
    for (const code of ['unavailable', 'concurrent_change'] as const) {
      const foreign = database.readOnly(() => {
        runs += 1;
        return Promise.reject(new DomainError(code, 'Of another service.', {}, { cause }));
      });
      await expect(foreign).rejects.toMatchObject({ code, message: 'Of another service.' });
    }
    expect([runs, fallbacks(database)]).toEqual([2, 0]);
  });

  it('is not what a statement that takes too long, or a fault of the work, is taken for', async () => {
    const database = await open({ statementTimeoutMs: 200 });
    const slow = database.readOnly(() => database.query('select pg_sleep(60)'));
    await expect(slow).rejects.toMatchObject({ code: 'unavailable' });
    await expect(database.readOnly(() => Promise.reject(new Error('mine')))).rejects.toThrow('mine');
    expect(fallbacks(database)).toBe(0);
    expect(await database.readOnly(() => whoAnswers(database))).toBe('replica');
  });
});
