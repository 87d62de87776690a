import { describe, expect, it } from '@jest/globals';
import { FakePeer, settled, SimulatedClock } from '../testing/index.ts';
import type { ExhaustedReport, PoolOptions, PoolProblem } from './pool-options.ts';
import { ResourcePool } from './resource-pool.ts';

function setUp(options: Partial<PoolOptions> = {}) {
  const clock = new SimulatedClock();
  const peer = new FakePeer();
  const pool = new ResourcePool(peer, { name: 'test', max: 2, clock, ...options });
  return { clock, peer, pool };
}

describe('a pool whose connections are all in use', () => {
  it('hands a released one to the first who waits, within the release', async () => {
    const { pool } = setUp({ max: 1 });
    const held = await pool.acquire();
    const order: string[] = [];
    const first = pool.acquire().then((connection) => (order.push('first'), connection));
    const second = pool.acquire().then((connection) => (order.push('second'), connection));
    pool.release(held);
    expect(pool.numbers()).toMatchObject({ inUse: 1, idle: 0, waiting: 1 });
    expect(pool.tryAcquire()).toBeUndefined();
    pool.release(await first);
    pool.release(await second);
    expect(order).toEqual(['first', 'second']);
    expect(pool.numbers()).toEqual({ inUse: 0, idle: 1, connecting: 0, waiting: 0, max: 1 });
  });

  it('never makes more than max, however many ask', async () => {
    const { pool, peer } = setUp({ max: 3 });
    let most = 0;
    const work = () =>
      pool.withResource(async () => {
        most = Math.max(most, peer.open.size);
        await settled();
      });
    await Promise.all(Array.from({ length: 50 }, work));
    expect(most).toBe(3);
    expect(peer.connects).toBe(3);
  });

  it('lets a caller go when its time is over, with an error that says which time and how the pool is', async () => {
    const { pool, clock } = setUp({ max: 1 });
    await pool.acquire();
    const late = expect(pool.acquire({ timeoutMs: 50 })).rejects.toMatchObject({
      name: 'AcquireTimeoutError',
      code: 'acquire_timeout',
      message:
        'Pool test: nothing was free within the acquire timeout of 50 ms (in use 1, idle 0, connecting 0, waiting 1, max 1)',
    });
    await clock.advance(50);
    await late;
    expect(pool.stats()).toMatchObject({ timeouts: 1, pendingRequests: 0, exhausted: 1 });
  });

  it('lets a caller go when its signal is aborted, and at a deadline', async () => {
    const { pool, clock } = setUp({ max: 1 });
    await pool.acquire();
    const abort = new AbortController();
    const cancelled = expect(pool.acquire({ signal: abort.signal })).rejects.toMatchObject({
      code: 'acquire_cancelled',
      cause: 'enough',
    });
    const past = expect(pool.acquire(new Date(0))).rejects.toMatchObject({ code: 'acquire_timeout' });
    abort.abort('enough');
    await clock.advance(1);
    await Promise.all([cancelled, past]);
    await expect(pool.acquire({ signal: abort.signal })).rejects.toMatchObject({ code: 'acquire_cancelled' });
    expect(pool.numbers().waiting).toBe(0);
  });

  it('refuses who comes when as many wait as may', async () => {
    const { pool } = setUp({ max: 1, queueMax: 1 });
    const held = await pool.acquire();
    const waiting = pool.acquire();
    await expect(pool.acquire()).rejects.toMatchObject({ code: 'queue_full' });
    pool.release(held);
    pool.release(await waiting);
  });

  it('tells of it at once, and again once in a while, with numbers', async () => {
    const reports: ExhaustedReport[] = [];
    const { pool, clock } = setUp({ max: 1, exhaustedEveryMs: 1_000, onExhausted: (report) => reports.push(report) });
    await pool.acquire();
    for (let i = 0; i < 5; i++) pool.acquire({ timeoutMs: 10_000 }).catch(() => {});
    expect(reports).toEqual([{ pool: 'test', acquires: 1, inUse: 1, idle: 0, connecting: 0, waiting: 1, max: 1 }]);
    await clock.advance(1_000);
    pool.acquire().catch(() => {});
    expect(reports[1]).toMatchObject({ acquires: 5, waiting: 6 });
    expect(pool.stats().exhausted).toBe(6);
  });

  it('serves whoever waits also where what it tells throws or rejects', async () => {
    const problems: PoolProblem[] = [];
    const fail = () => {
      throw new Error('mine');
    };
    const callbacks = { onExhausted: fail, onLeak: () => Promise.reject(new Error('mine')) };
    const onProblem = (problem: PoolProblem) => {
      problems.push(problem);
      fail();
    };
    const { pool, clock } = setUp({ max: 1, leakAfterMs: 1_000, ...callbacks, onProblem });
    const held = await pool.acquire();
    const waiting = pool.acquire({ timeoutMs: 60_000 });
    await clock.advance(5_000);
    expect(problems.map(({ during, error }) => `${during}: ${String(error)}`)).toEqual([
      'callback: Error: mine',
      'callback: Error: mine',
    ]);
    pool.release(held);
    pool.release(await waiting);
    expect(pool.numbers()).toMatchObject({ inUse: 0, waiting: 0 });
  });

  it('is not said to be exhausted while connects are under way for all who wait', async () => {
    const { pool, peer } = setUp({ max: 1 });
    peer.behaviour = 'hang';
    const first = pool.acquire();
    expect(pool.stats().exhausted).toBe(0);
    peer.answer();
    pool.release(await first);
  });
});

describe('a release', () => {
  it('is refused the second time, and of what is of another pool', async () => {
    const { pool } = setUp();
    const connection = await pool.acquire();
    pool.release(connection);
    expect(() => pool.release(connection)).toThrow('released twice');
    expect(() => pool.release({ id: 9, open: true, halfOpen: false })).toThrow('released what is not lent');
    const broken = await pool.acquire();
    pool.release(broken, { broken: true });
    expect(() => pool.release(broken)).toThrow('released what is not lent');
    expect(pool.numbers()).toMatchObject({ inUse: 0, idle: 0 });
  });

  it('within the work of `withResource` is refused, and ends no lease of others', async () => {
    const { pool } = setUp({ max: 1 });
    let other: unknown;
    const wrong = pool.withResource(async (connection) => {
      pool.release(connection);
      other = await pool.acquire();
    });
    await expect(wrong).rejects.toMatchObject({ code: 'not_leased' });
    expect(pool.numbers()).toMatchObject({ inUse: 1, idle: 0 });
    pool.release(other as never);
    const failed = pool.withResource((connection) => {
      pool.release(connection);
      throw new Error('mine');
    });
    await expect(failed).rejects.toThrow('mine');
    expect(pool.numbers()).toMatchObject({ inUse: 0, idle: 1 });
  });

  it('happens however the work ends, and destroys what the error says is broken', async () => {
    const clock = new SimulatedClock();
    const peer = new FakePeer();
    const factory = Object.assign(peer, { breaks: (error: unknown) => error === 'broken' });
    const pool = new ResourcePool(factory, { name: 'test', clock });
    await expect(pool.withResource(() => Promise.reject(new Error('mine')))).rejects.toThrow('mine');
    expect(peer.open.size).toBe(1);
    const broken = pool.withResource(() => {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- told apart by identity
      throw 'broken';
    });
    await expect(broken).rejects.toBe('broken');
    expect(peer.open.size).toBe(0);
  });
});

describe('bad input', () => {
  it.each<[string, Partial<PoolOptions>]>([
    ['max', { max: 0 }],
    ['max', { max: 1.5 }],
    ['min', { min: 3 }],
    ['min', { min: -1 }],
    ['queueMax', { queueMax: 0 }],
    ['acquireTimeoutMs', { acquireTimeoutMs: Infinity }],
    ['createTimeoutMs', { createTimeoutMs: NaN }],
    ['lifeJitter', { lifeJitter: 1 }],
    ['name', { name: '' }],
  ])('is refused by the name of the option: %s', (field, options) => {
    expect(() => setUp(options)).toThrow(expect.objectContaining({ code: 'invalid_option', field }));
  });

  it('is refused of a call too', async () => {
    const { pool } = setUp();
    await expect(pool.acquire({ timeoutMs: -1 })).rejects.toMatchObject({ field: 'timeoutMs' });
    await expect(pool.acquire(new Date(NaN))).rejects.toMatchObject({ field: 'deadline' });
    expect(() => pool.drain(NaN)).toThrow(expect.objectContaining({ field: 'deadlineMs' }));
    pool.release(await pool.acquire());
  });
});
