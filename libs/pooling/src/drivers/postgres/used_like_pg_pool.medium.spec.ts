import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { testDatabase, waitUntil, type TestDatabase } from '@purser/testing';
import type { PoolProblem } from '../../core/pool-options.ts';
import { PostgresPool, type PostgresPoolOptions } from './index.ts';

let test: TestDatabase;
const pools: PostgresPool[] = [];
beforeAll(async () => {
  test = await testDatabase();
});
afterEach(() => Promise.all(pools.splice(0).map((pool) => pool.drain(0))));
afterAll(() => test?.drop());

function open(options: PostgresPoolOptions = {}): PostgresPool {
  const pool = new PostgresPool({ connectionString: test.url, min: 0, max: 2, ...options });
  pools.push(pool);
  return pool;
}

describe('a pool of PostgreSQL connections', () => {
  it('keeps 5 warm and makes 50 at most, and tells the server its name', async () => {
    const pool = new PostgresPool({ connectionString: test.url, name: 'purser-reading' });
    pools.push(pool);
    await waitUntil(() => pool.idleCount === 5, { timeoutMs: 20_000, what: 'five connections are there' });
    expect(pool.stats()).toMatchObject({ pool: 'purser-reading', idleMin: 5, max: 50 });
    const { rows } = await pool.query(
      `select count(*)::int as n from pg_stat_activity where application_name = 'purser-reading'`,
    );
    expect(rows).toEqual([{ n: 5 }]);
  });

  it('speaks as pg.Pool does, with promises and callbacks, events and counts', async () => {
    const pool = open();
    const events: string[] = [];
    for (const event of ['connect', 'acquire', 'release', 'remove']) pool.on(event, () => events.push(event));
    const client = await pool.connect();
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    expect([pool.totalCount, pool.idleCount, pool.waitingCount]).toEqual([1, 0, 0]);
    client.release();
    expect(() => client.release()).toThrow('already been released');
    const done = await new Promise<string>((resolve) =>
      pool.connect((error, lent, release) => {
        release(true);
        resolve(`${String(error)} ${typeof lent}`);
      }),
    );
    expect(done).toBe('undefined object');
    await waitUntil(() => events.includes('remove'), { timeoutMs: 20_000, what: 'the connection closes' });
    expect(events).toEqual(['connect', 'acquire', 'release', 'acquire', 'release', 'remove']);
    const two = await new Promise((resolve) =>
      pool.query('select $1::int as n', [2], (_error, result) => resolve(result?.rows)),
    );
    expect(two).toEqual([{ n: 2 }]);
    const failed = await new Promise<Error | null>((resolve) => pool.query('select nonsense', resolve));
    expect(failed).toMatchObject({ code: '42703' });
    expect(pool.idleCount).toBe(1);
    await new Promise<void>((resolve) => pool.end(() => resolve()));
    expect([pool.ending, pool.ended, pool.totalCount]).toEqual([true, true, 0]);
    await expect(pool.connect()).rejects.toMatchObject({ code: 'pool_draining' });
  });

  it('closes what is given back in the middle of a transaction, so that nothing is written into it, and tells', async () => {
    const problems: string[] = [];
    const onProblem = ({ during, error }: PoolProblem) => void problems.push(`${during}: ${(error as Error).name}`);
    const pool = open({ max: 1, onProblem });
    await pool.query('create table kept (n int)');
    const left = pool.withResource(async (client) => {
      await client.query('begin');
      throw new Error('mine');
    });
    await expect(left).rejects.toThrow('mine');
    await pool.query('insert into kept values (1)');
    const client = await pool.connect();
    void client.query('select pg_sleep(0.01)').catch(() => {});
    client.release();
    await pool.query('insert into kept values (2)');
    await pool.drain(10_000);
    expect((await open().query('select n from kept order by n')).rows).toEqual([{ n: 1 }, { n: 2 }]);
    expect(problems).toEqual(['release: UnfinishedError', 'release: UnfinishedError']);
  });

  it('gives nobody back what was lent to another meanwhile', async () => {
    const pool = open({ max: 1 });
    let other: pg.PoolClient | undefined;
    const wrong = pool.withResource(async (client) => {
      client.release();
      other = await pool.connect();
    });
    await expect(wrong).rejects.toMatchObject({ code: 'not_leased' });
    expect(pool.numbers()).toMatchObject({ inUse: 1 });
    other!.release();
    const { release } = await pool.withResource((client) => client);
    const held = await pool.acquire();
    expect(() => release()).toThrow('already been released');
    held.release();
  });

  it('serves also where a listener throws', async () => {
    const problems: PoolProblem[] = [];
    const pool = open({ max: 1, onProblem: (problem) => void problems.push(problem) });
    for (const event of ['connect', 'acquire', 'release']) {
      pool.on(event, () => {
        throw new Error(event);
      });
    }
    (await pool.connect()).release();
    (await pool.connect()).release();
    expect(pool.numbers()).toMatchObject({ inUse: 0, idle: 1, waiting: 0 });
    expect(problems.map(({ during, error }) => `${during}: ${(error as Error).message}`)).toEqual([
      ...['callback: connect', 'callback: acquire', 'callback: release', 'callback: acquire', 'callback: release'],
    ]);
  });

  it('serves TypeORM in the place of pg.Pool', async () => {
    const driver = { ...pg, Pool: PostgresPool };
    const extra = { name: 'typeorm', min: 1 };
    const source = new DataSource({ type: 'postgres', url: test.url, driver, poolSize: 3, extra, entities: [] });
    await source.initialize();
    try {
      const inside = source.transaction((manager) =>
        manager.query('select current_setting($1) as n', ['application_name']),
      );
      expect(await inside).toEqual([{ n: 'typeorm' }]);
      await expect(source.query('select nonsense')).rejects.toMatchObject({ driverError: { code: '42703' } });
      const pool = (source.driver as unknown as { master: PostgresPool }).master;
      expect(pool.stats()).toMatchObject({ max: 3, count: { used: 0 } });
    } finally {
      await source.destroy();
    }
  });

  it('asks the server by itself also where the interval is undefined', async () => {
    const delays: number[] = [];
    const setTimer = (_run: () => void, ms: number) => delays.push(ms);
    open({ healthCheckEveryMs: undefined, clock: { now: () => 0, setTimer, clearTimer: () => {} } });
    expect(delays).toContain(60_000);
  });

  it('has the server end statements that take too long, and keeps the connection', async () => {
    const pool = open({ statement_timeout: 50 });
    await expect(pool.query('select pg_sleep(10)')).rejects.toMatchObject({ code: '57014' });
    expect(pool.idleCount).toBe(1);
  });
});

describe('a PostgreSQL that refuses', () => {
  it('a password is told of at once, with what the server said', async () => {
    const url = new URL(test.url);
    url.pathname = '/there-is-none';
    const pool = open({ connectionString: url.href, retryBaseMs: 60_000, retryMaxMs: 60_000 });
    await expect(pool.connect()).rejects.toMatchObject({ code: 'create_failed', cause: { code: '3D000' } });
    expect(pool.totalCount).toBe(0);
  });
});
