import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { testDatabase, waitUntil, type TestDatabase } from '@purser/testing';
import type { PoolProblem } from '../../core/pool-options.ts';
import { PostgresPool, type PostgresPoolOptions } from './index.ts';

/** A way to the server that can go silent, as a cable that is pulled, or refuse. */
class Line {
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;
  #silent = false;

  async open(url: string): Promise<string> {
    const { hostname, port } = new URL(url);
    this.#server = createServer((near) => {
      const far = connect(Number(port), hostname);
      for (const socket of [near, far]) {
        this.#sockets.add(socket);
        socket.on('error', () => {});
        socket.on('close', () => (this.#sockets.delete(socket), near.destroy(), far.destroy()));
      }
      near.on('data', (data) => this.#silent || far.write(data));
      far.on('data', (data) => this.#silent || near.write(data));
    });
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
    return Object.assign(new URL(url), { host: `127.0.0.1:${this.#port}` }).href;
  }

  /** Nothing gets through any more, and nobody is told. */
  set silent(silent: boolean) {
    this.#silent = silent;
  }

  async close(): Promise<void> {
    const closed = once(this.#server!, 'close');
    this.#server!.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

let test: TestDatabase;
let line: Line;
let url: string;
let pool: PostgresPool;
const problems: PoolProblem[] = [];

beforeAll(async () => {
  test = await testDatabase();
});
beforeEach(async () => {
  problems.length = 0;
  line = new Line();
  url = await line.open(test.url);
});
afterEach(async () => {
  await pool?.drain(0);
  await line.close();
});
afterAll(() => test?.drop());

function open(options: PostgresPoolOptions = {}): PostgresPool {
  pool = new PostgresPool({
    ...{ connectionString: url, min: 0, max: 3, retryMaxMs: 200, onProblem: (problem) => problems.push(problem) },
    ...options,
  });
  return pool;
}

async function fill(count: number): Promise<void> {
  const clients = await Promise.all(Array.from({ length: count }, () => pool.connect()));
  for (const client of clients) client.release();
}

describe('connections whose peer is gone', () => {
  it('leave the pool when the server says goodbye to idle ones, and the process lives on', async () => {
    open();
    const errors: Error[] = [];
    pool.on('error', (error: Error) => errors.push(error));
    await fill(2);
    const { rows } = await pool.query<{ pid: number }>('select pg_backend_pid() as pid');
    const killer = await pool.connect();
    await killer
      .query('select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid = $1', [
        rows[0]!.pid,
      ])
      .catch(() => {});
    killer.release();
    await waitUntil(() => pool.totalCount < 2, { timeoutMs: 20_000, what: 'the lost connection leaves' });
    expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  });

  it('are found before they are lent where they are half open', async () => {
    open({ checkAfterIdleMs: 0, checkTimeoutMs: 100, createTimeoutMs: 2_000 });
    await fill(2);
    line.silent = true;
    const asked = pool.acquire({ timeoutMs: 30_000 });
    await waitUntil(() => problems.some(({ during }) => during === 'check'), {
      timeoutMs: 20_000,
      what: 'a check fails',
    });
    line.silent = false;
    const client = await asked;
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    client.release();
    expect(pool.stats().failedChecks).toBeGreaterThanOrEqual(1);
  });

  it('do not keep callers waiting for nothing, and are made anew once the server is back', async () => {
    open({ retryBaseMs: 10 });
    await fill(1);
    await line.close();
    await waitUntil(() => pool.totalCount === 0, { timeoutMs: 20_000, what: 'the lost connection leaves' });
    const refused = await pool.acquire().catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'create_failed', cause: { code: 'ECONNREFUSED' } });
    expect(pool.numbers()).toMatchObject({ inUse: 0, idle: 0, waiting: 0 });
    await line.open(test.url);
    await waitUntil(
      async () => {
        try {
          return (await pool.query('select 1 as one')).rows.length === 1;
        } catch {
          return false;
        }
      },
      { timeoutMs: 20_000, what: 'the pool recovers' },
    );
  });

  it('have a connect that is never answered end in its own time', async () => {
    line.silent = true;
    open({ createTimeoutMs: 50, retryBaseMs: 1 });
    await expect(pool.acquire({ timeoutMs: 10_000 })).rejects.toMatchObject({
      code: 'create_failed',
      cause: { code: 'create_timeout' },
    });
    line.silent = false;
  });

  it('have TypeORM end its wait by its connectTimeoutMS, and leave nothing where its pool is drained', async () => {
    line.silent = true;
    const driver = {
      ...pg,
      Pool: function openPool(options: PostgresPoolOptions) {
        return open({ ...options, min: 2 });
      },
    };
    const source = new DataSource({ type: 'postgres', url, driver, connectTimeoutMS: 50, entities: [] });
    await expect(source.initialize()).rejects.toMatchObject({ message: expect.stringContaining('timeout of 50 ms') });
    await pool.drain(0);
    line.silent = false;
    expect(pool.numbers()).toMatchObject({ idle: 0, connecting: 0 });
    expect(await pool.acquire().catch((error: unknown) => error)).toMatchObject({ code: 'pool_draining' });
  });

  it('fail what runs on them when they are cut, and the pool goes on', async () => {
    open();
    const running = pool.query('select pg_sleep(60)').catch((error: unknown) => error);
    await waitUntil(() => pool.numbers().inUse === 1, { timeoutMs: 20_000, what: 'the statement runs' });
    pool.cutConnections();
    expect(await running).toBeInstanceOf(Error);
    expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  });
});

describe('a shutdown', () => {
  it('cuts what does not end, at its deadline', async () => {
    open();
    const running = pool.query('select pg_sleep(60)').catch((error: unknown) => error);
    await waitUntil(() => pool.numbers().inUse === 1, { timeoutMs: 20_000, what: 'the statement runs' });
    expect(await pool.drain(50)).toEqual({ cut: 1 });
    expect(await running).toBeInstanceOf(Error);
  });
});
