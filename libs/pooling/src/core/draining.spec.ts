import { describe, expect, it } from '@jest/globals';
import { FakePeer, settled, SimulatedClock } from '../testing/index.ts';
import type { PoolOptions } from './pool-options.ts';
import { ResourcePool } from './resource-pool.ts';

function setUp(options: Partial<PoolOptions> = {}) {
  const clock = new SimulatedClock();
  const peer = new FakePeer();
  const pool = new ResourcePool(peer, { name: 'test', max: 2, min: 1, clock, ...options });
  return { clock, peer, pool };
}

describe('a pool that shuts down', () => {
  it('refuses new callers, serves those that wait already, waits for leases, and leaves nothing', async () => {
    const { pool, peer, clock } = setUp();
    const [first, second] = [await pool.acquire(), await pool.acquire()];
    const waiting = pool.acquire();
    const drained = pool.drain(1_000);
    await expect(pool.acquire()).rejects.toMatchObject({ code: 'pool_draining' });
    expect(pool.tryAcquire()).toBeUndefined();
    pool.release(first);
    expect(await waiting).toBe(first);
    pool.release(first);
    pool.release(second);
    expect(await drained).toEqual({ cut: 0 });
    expect(pool.drain(5)).toBe(pool.drain(7));
    expect(peer.open.size).toBe(0);
    expect(clock.waiting).toBe(0);
    await expect(pool.acquire()).rejects.toMatchObject({ code: 'pool_draining' });
  });

  it('ends at its deadline: who still waits is told, what is lent is cut, and its release is no fault', async () => {
    const { pool, peer, clock } = setUp({ max: 1 });
    const held = await pool.acquire();
    const waiting = expect(pool.acquire({ timeoutMs: 60_000 })).rejects.toMatchObject({ code: 'pool_draining' });
    const drained = pool.drain(100);
    await clock.advance(100);
    expect(await drained).toEqual({ cut: 1 });
    await waiting;
    expect(peer.open.size).toBe(0);
    pool.release(held);
    expect(() => pool.release(held)).toThrow('not lent');
    expect(clock.waiting).toBe(0);
  });

  it('ends earlier where it is asked to again', async () => {
    const { pool, clock } = setUp({ max: 1 });
    await pool.acquire();
    const drained = pool.drain(600_000);
    void pool.drain(100);
    void pool.drain(60_000);
    await clock.advance(100);
    expect(await drained).toEqual({ cut: 1 });
    expect(clock.waiting).toBe(0);
  });

  it('never lets callers hang that keep acquiring', async () => {
    const { pool, peer, clock } = setUp();
    let served = 0;
    const codes = new Set<string>();
    let stop = false;
    const keepAcquiring = async (): Promise<void> => {
      while (!stop) {
        try {
          await pool.withResource(settled);
          served += 1;
        } catch (error) {
          codes.add((error as { code: string }).code);
          await settled();
        }
      }
    };
    const callers = Array.from({ length: 10 }, keepAcquiring);
    while (served < 50) await settled();
    await pool.drain(10_000);
    while (codes.size === 0) await settled();
    stop = true;
    await Promise.all(callers);
    expect([...codes]).toEqual(['pool_draining']);
    expect(peer.open.size).toBe(0);
    expect(clock.waiting).toBe(0);
  });

  it('does not wait for connects that nobody needs, and destroys them when they come', async () => {
    const { pool, peer } = setUp({ min: 0 });
    peer.behaviour = 'hang';
    const abort = new AbortController();
    const asked = expect(pool.acquire({ signal: abort.signal })).rejects.toMatchObject({ code: 'acquire_cancelled' });
    const drained = pool.drain(60_000);
    abort.abort();
    await asked;
    await drained;
    peer.answer();
    await settled();
    expect(peer.open.size).toBe(0);
  });
});
