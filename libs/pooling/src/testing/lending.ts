import { expect } from 'expect';
import type { PoolSuite } from './describe-pool.ts';

export function describeLending({ describe, of }: PoolSuite): void {
  describe('lending', () => {
    of('is to one caller at a time, and max at once', { max: 2 }, async (pool) => {
      const [first, second] = [await pool.acquire(), await pool.acquire()];
      expect(first).not.toBe(second);
      expect(pool.stats()).toMatchObject({ count: { used: 2 }, max: 2 });
      expect(pool.tryAcquire()).toBeUndefined();
      pool.release(first);
      pool.release(second);
      expect(pool.stats().count.used).toBe(0);
    });

    of('needs no wait where one is idle', { max: 1 }, async (pool) => {
      pool.release(await pool.acquire());
      const lent = pool.tryAcquire();
      expect(lent).toBeDefined();
      pool.release(lent!);
    });

    of('ends with one release: the second is refused, and changes nothing', { max: 1 }, async (pool) => {
      const lent = await pool.acquire();
      pool.release(lent);
      expect(codeOf(() => pool.release(lent))).toBe('not_leased');
      pool.release(await pool.acquire());
    });

    of('is refused of what is broken', { max: 1 }, async (pool) => {
      const broken = await pool.acquire();
      pool.release(broken, { broken: true });
      const next = await pool.acquire();
      expect(next).not.toBe(broken);
      pool.release(next);
    });

    of('ends however the work ends', { max: 1 }, async (pool) => {
      expect(await pool.withResource(() => 7)).toBe(7);
      const failing = pool.withResource(() => {
        throw new Error('mine');
      });
      await expect(failing).rejects.toThrow('mine');
      expect(pool.stats().count.used).toBe(0);
    });

    of('never exceeds max under load, and serves everybody', { max: 2 }, async (pool) => {
      let most = 0;
      let served = 0;
      const work = async (): Promise<void> => {
        await pool.withResource(async () => {
          most = Math.max(most, pool.stats().count.used);
          await new Promise((resolve) => setImmediate(resolve));
        });
        served += 1;
      };
      await Promise.all(Array.from({ length: 50 }, work));
      expect(served).toBe(50);
      expect(most).toBeLessThanOrEqual(2);
    });
  });
}

function codeOf(call: () => void): unknown {
  try {
    call();
    return undefined;
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
}
