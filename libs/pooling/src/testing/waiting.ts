import { expect } from 'expect';
import type { PoolSuite } from './describe-pool.ts';

const SHORT_MS = 20;

export function describeWaiting({ describe, of }: PoolSuite): void {
  describe('waiting', () => {
    of('is first come, first served, and a release serves at once', { max: 1 }, async (pool) => {
      const held = await pool.acquire();
      const order: number[] = [];
      const callers = [1, 2, 3].map(async (caller) => {
        const lent = await pool.acquire();
        order.push(caller);
        pool.release(lent);
      });
      pool.release(held);
      expect(pool.tryAcquire()).toBeUndefined();
      await Promise.all(callers);
      expect(order).toEqual([1, 2, 3]);
    });

    of('ends after its time, with the numbers of the pool, and takes nothing', { max: 1 }, async (pool) => {
      const held = await pool.acquire();
      await expect(pool.acquire({ timeoutMs: SHORT_MS })).rejects.toMatchObject({
        code: 'acquire_timeout',
        numbers: { inUse: 1, waiting: 1, max: 1 },
      });
      await expect(pool.acquire({ timeoutMs: 0 })).rejects.toMatchObject({ code: 'acquire_timeout' });
      await expect(pool.acquire(new Date(Date.now() + SHORT_MS))).rejects.toMatchObject({ code: 'acquire_timeout' });
      pool.release(held);
      pool.release(await pool.acquire());
      expect(pool.stats()).toMatchObject({ timeouts: 3, pendingRequests: 0 });
    });

    of('ends when its caller gives up, and takes nothing', { max: 1 }, async (pool) => {
      const held = await pool.acquire();
      const giveUp = new AbortController();
      const gaveUp = expect(pool.acquire({ signal: giveUp.signal })).rejects.toMatchObject({
        code: 'acquire_cancelled',
        cause: 'enough',
      });
      giveUp.abort('enough');
      await gaveUp;
      await expect(pool.acquire({ signal: giveUp.signal })).rejects.toMatchObject({ code: 'acquire_cancelled' });
      pool.release(held);
      pool.release(await pool.acquire());
    });

    of('is for as many as may, and refused beyond', { max: 1, queueMax: 1 }, async (pool) => {
      const held = await pool.acquire();
      const waiting = pool.acquire();
      await expect(pool.acquire()).rejects.toMatchObject({ code: 'queue_full' });
      pool.release(held);
      pool.release(await waiting);
    });

    of('is refused for a time that is none', {}, async (pool) => {
      for (const timeoutMs of [-1, NaN, Infinity]) {
        await expect(pool.acquire({ timeoutMs })).rejects.toMatchObject({ code: 'invalid_option', field: 'timeoutMs' });
      }
    });
  });
}
