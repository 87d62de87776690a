import { describe, expect, it } from '@jest/globals';
import { type ConnectBehaviour, FakePeer, settled, SimulatedClock } from '../testing/index.ts';
import type { PoolOptions, PoolProblem } from './pool-options.ts';
import { ResourcePool } from './resource-pool.ts';

function setUp(options: Partial<PoolOptions> = {}, behaviour: ConnectBehaviour = 'accept') {
  const clock = new SimulatedClock();
  const peer = Object.assign(new FakePeer(), { behaviour });
  const problems: PoolProblem[] = [];
  const onProblem = (problem: PoolProblem) => void problems.push(problem);
  const pool = new ResourcePool(peer, { name: 'test', max: 4, clock, random: () => 0.5, onProblem, ...options });
  return { clock, peer, pool, problems };
}

describe('a connect', () => {
  it('that ends after its asker gave up goes to the next who waits, and else is kept', async () => {
    const { pool, peer, clock } = setUp({ max: 1 });
    peer.behaviour = 'hang';
    const gaveUp = expect(pool.acquire({ timeoutMs: 10 })).rejects.toMatchObject({ code: 'acquire_timeout' });
    await clock.advance(10);
    await gaveUp;
    const next = pool.acquire();
    expect(peer.connects).toBe(1);
    peer.answer();
    pool.release(await next);
    expect(pool.numbers()).toMatchObject({ inUse: 0, idle: 1, connecting: 0 });
  });

  it('that does not end in time is a failure of its own name, and destroyed when it comes after all', async () => {
    const { pool, peer, clock, problems } = setUp({ createTimeoutMs: 100, retryBaseMs: 10_000, retryMaxMs: 10_000 });
    peer.behaviour = 'hang';
    const failed = pool.acquire({ timeoutMs: 1_000 }).catch((error: unknown) => error);
    await clock.advance(100);
    expect(await failed).toMatchObject({ code: 'create_failed', cause: { code: 'create_timeout' } });
    expect(((await failed) as Error).message).toBe(
      'Pool test: no connection could be made: a connect did not end within the connect timeout of 100 ms ' +
        '(in use 0, idle 0, connecting 0, waiting 1, max 4)',
    );
    expect(problems).toMatchObject([{ during: 'create', error: { code: 'create_timeout' } }]);
    peer.answer();
    await settled();
    expect(peer.open.size).toBe(0);
    expect(pool.numbers()).toMatchObject({ inUse: 0, idle: 0, connecting: 0 });
  });

  it('races with a release, and neither is lost nor counted twice', async () => {
    const { pool, peer } = setUp({ max: 2 });
    const held = await pool.acquire();
    peer.behaviour = 'hang';
    const asked = pool.acquire();
    pool.release(held);
    peer.answer();
    expect(await asked).toBe(held);
    await settled();
    expect(pool.numbers()).toMatchObject({ inUse: 1, idle: 1, connecting: 0 });
    pool.release(held);
    expect(peer.open.size).toBe(2);
  });

  it('that fails does not fail those whom others can serve', async () => {
    const { pool, peer, clock } = setUp({ max: 2 });
    const held = await pool.acquire();
    peer.behaviour = 'refuse';
    const asked = pool.acquire();
    await clock.advance(4_000);
    expect(pool.stats().createFailures).toBeGreaterThan(3);
    pool.release(held);
    expect(await asked).toBe(held);
  });

  it('is made for a few at a time only', async () => {
    const { pool, peer } = setUp({ max: 20, createsAtOnce: 3 });
    peer.behaviour = 'hang';
    const asked = Array.from({ length: 10 }, () => pool.acquire());
    expect(peer.hanging).toBe(3);
    peer.behaviour = 'accept';
    for (let i = 0; i < 3; i++) peer.answer();
    await Promise.all(asked);
    expect(peer.connects).toBe(10);
  });
});

describe('a peer that is away', () => {
  it('is tried one connect at a time, further and further apart', async () => {
    const { pool, peer, clock } = setUp({ min: 4, retryBaseMs: 100, retryMaxMs: 1_000 }, 'refuse');
    expect(peer.connects).toBe(4);
    await clock.advance(10_000);
    // The waits: 50, 100, 200, 400, then 500 each.
    expect(peer.connects).toBe(4 + 22);
    peer.behaviour = 'accept';
    await clock.advance(500);
    expect(pool.numbers()).toMatchObject({ idle: 4, connecting: 0 });
  });

  it('lets nobody wait for nothing, and serves again once it is back', async () => {
    const { pool, peer, clock } = setUp();
    peer.behaviour = 'refuse';
    const first = expect(pool.acquire()).rejects.toMatchObject({
      code: 'create_failed',
      message: expect.stringContaining('connection refused (in use 0, idle 0, connecting 0, waiting 1, max 4)'),
    });
    await clock.advance(150);
    await first;
    await expect(pool.acquire()).rejects.toMatchObject({ code: 'create_failed' });
    expect(pool.numbers().waiting).toBe(0);
    peer.behaviour = 'accept';
    await clock.advance(5_000);
    pool.release(await pool.acquire());
  });

  it('has one caller wait for a connect that it does not answer, and tells all others at once', async () => {
    const { pool, peer, clock } = setUp({ createTimeoutMs: 2_000, retryMaxMs: 100 }, 'hang');
    const early = pool.acquire({ timeoutMs: 60_000 }).catch((error: unknown) => error);
    await clock.advance(7_000);
    expect(await early).toMatchObject({ code: 'create_failed' });
    const first = pool.acquire({ timeoutMs: 60_000 });
    await settled();
    expect(pool.numbers()).toMatchObject({ connecting: 1, waiting: 1 });
    for (let i = 0; i < 3; i++) await expect(pool.acquire()).rejects.toMatchObject({ code: 'create_failed' });
    while (peer.hanging > 0) peer.answer();
    pool.release(await first);
    pool.release(await pool.acquire());
  });

  it('is tried again also where timers are early by a fraction of a millisecond, as those of Node are', async () => {
    class EarlyClock extends SimulatedClock {
      override setTimer(run: () => void, ms: number): unknown {
        return super.setTimer(run, Math.max(0, ms - 0.4));
      }
    }
    const early = new EarlyClock();
    const { pool } = setUp({ clock: early }, 'refuse');
    const failed = pool.acquire({ timeoutMs: 10_000 }).catch((error: unknown) => error);
    await early.advance(1_000);
    expect(pool.numbers().waiting).toBe(0);
    expect(await failed).toMatchObject({ code: 'create_failed' });
  });

  it('takes a burst of connects that fail together for one failure', async () => {
    const { pool, peer, clock } = setUp({ max: 8 });
    peer.behaviour = 'refuse';
    const asked = Array.from({ length: 8 }, () => pool.acquire());
    await settled();
    peer.behaviour = 'accept';
    await clock.advance(50);
    for (const connection of await Promise.all(asked)) pool.release(connection);
  });
});

describe('connections that died while they were idle', () => {
  async function withIdle(options: Partial<PoolOptions> = {}) {
    const test = setUp({ checkAfterIdleMs: 1_000, idleTimeoutMs: 60_000, checkTimeoutMs: 100, ...options });
    const held = await Promise.all([test.pool.acquire(), test.pool.acquire(), test.pool.acquire()]);
    for (const connection of held) test.pool.release(connection);
    return test;
  }

  it('are found before they are lent, also those that are half open', async () => {
    const { pool, peer, clock } = await withIdle();
    const dead = [...peer.open];
    peer.vanish();
    await clock.advance(1_001);
    const asked = pool.acquire();
    await clock.advance(100);
    // One check found it: the others are not trusted any more, however short they were idle.
    await clock.advance(300);
    const connection = await asked;
    expect(dead).not.toContain(connection);
    pool.release(connection);
    expect(pool.stats()).toMatchObject({ failedChecks: 3, pendingRequests: 0 });
    expect(peer.open.size).toBe(1);
  });

  it('are all asked at once when one was dead, while a new one is made for who waits', async () => {
    const { pool, peer, clock } = setUp({ max: 21, checkAfterIdleMs: 1_000, checkTimeoutMs: 100 });
    const held = await Promise.all(Array.from({ length: 20 }, () => pool.acquire()));
    for (const connection of held) pool.release(connection);
    peer.vanish();
    await clock.advance(1_001);
    const asked = pool.acquire({ timeoutMs: 200 });
    await clock.advance(100);
    const connection = await asked;
    expect(held).not.toContain(connection);
    expect(peer.checks).toBe(20);
    await clock.advance(100);
    expect(pool.numbers()).toMatchObject({ inUse: 1, idle: 0 });
    expect(pool.stats().failedChecks).toBe(20);
    pool.release(connection);
  });

  it('keep nobody waiting for longer than one check where as many are open as may be', async () => {
    const { pool, peer, clock } = await withIdle({ max: 3 });
    peer.vanish();
    await clock.advance(1_001);
    const asked = pool.acquire({ timeoutMs: 250 });
    await clock.advance(200);
    pool.release(await asked);
    expect(pool.stats()).toMatchObject({ failedChecks: 3, timeouts: 0 });
  });

  it.each(['is released as broken', 'breaks in the middle of its work', 'fails a health check'])(
    'are found by the first that %s, and not lent before they were asked',
    async (how) => {
      const { pool, peer, clock } = setUp({ checkTimeoutMs: 100 });
      Object.assign(peer, { breaks: (error: unknown) => error === 'lost' });
      const held = await Promise.all(Array.from({ length: 4 }, () => pool.acquire()));
      for (const connection of held) pool.release(connection);
      peer.vanish();
      if (how === 'is released as broken') pool.release(await pool.acquire(), { broken: true });
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- told apart by identity
      else if (how.startsWith('breaks')) await pool.withResource(() => Promise.reject('lost')).catch(() => {});
      else {
        const checked = pool.healthCheck();
        await clock.advance(100);
        expect(await checked).toMatchObject({ healthy: false });
      }
      const asked = pool.acquire({ timeoutMs: 200 });
      await clock.advance(100);
      const connection = await asked;
      expect(connection.halfOpen).toBe(false);
      pool.release(connection);
    },
  );

  it('are not asked about while they were used a moment ago', async () => {
    const { pool, peer, clock } = await withIdle();
    await clock.advance(999);
    pool.release(await pool.acquire());
    expect(peer.checks).toBe(0);
  });

  it('leave at once when the peer says so, and on their release when they are lent', async () => {
    const { pool, peer } = await withIdle();
    const lent = await pool.acquire();
    pool.invalidate(lent);
    await settled();
    expect(pool.numbers()).toMatchObject({ inUse: 1, idle: 2 });
    const [idle] = [...peer.open].filter((connection) => connection !== lent);
    pool.invalidate(idle!);
    await settled();
    expect(pool.numbers()).toMatchObject({ inUse: 1, idle: 1 });
    pool.release(lent);
    expect(pool.numbers()).toMatchObject({ inUse: 0, idle: 1 });
  });
});

describe('a health check', () => {
  it('says nothing of the peer while all are in use, and counts as nobody who had to wait', async () => {
    const { pool, problems } = setUp({ max: 1 });
    expect(await pool.healthCheck()).toMatchObject({ healthy: true });
    const held = await pool.acquire();
    expect(await pool.healthCheck({ timeoutMs: 0 })).toMatchObject({ healthy: null });
    expect(pool.stats()).toMatchObject({ exhausted: 0, timeouts: 0, health: { healthy: true } });
    expect(problems).toEqual([]);
    pool.release(held);
  });

  it('asks the peer, is repeated, and is kept with what failed', async () => {
    const { pool, peer, clock, problems } = setUp({
      ...{ healthCheckEveryMs: 60_000, checkTimeoutMs: 100, idleTimeoutMs: 600_000 },
    });
    expect(pool.stats().health).toBeNull();
    await clock.advance(60_000);
    expect(pool.stats().health).toMatchObject({ healthy: true });
    peer.vanish();
    peer.behaviour = 'refuse';
    await clock.advance(61_000);
    expect(pool.stats().health).toMatchObject({ healthy: false });
    expect(problems.map(({ during }) => during)).toContain('health check');
    peer.behaviour = 'accept';
    await clock.advance(5_000);
    expect(await pool.healthCheck()).toMatchObject({ healthy: true });
  });
});
