import { expect } from 'expect';
import type { PoolSuite } from './describe-pool.ts';

const LONG_MS = 30_000;

export function describeDraining({ describe, of }: PoolSuite): void {
  describe('draining', () => {
    of('refuses new callers, serves who waits, and ends with the last lease', { max: 1 }, async (pool) => {
      const held = await pool.acquire();
      const waiting = pool.acquire();
      const drained = pool.drain(LONG_MS);
      await expect(pool.acquire()).rejects.toMatchObject({ code: 'pool_draining' });
      expect(pool.tryAcquire()).toBeUndefined();
      pool.release(held);
      pool.release(await waiting);
      expect(await drained).toEqual({ cut: 0 });
      expect(await pool.drain(0)).toEqual({ cut: 0 });
    });

    of('ends at its deadline: who waits is told, what is lent is cut', { max: 1 }, async (pool) => {
      const held = await pool.acquire();
      const waiting = expect(pool.acquire({ timeoutMs: LONG_MS })).rejects.toMatchObject({ code: 'pool_draining' });
      expect(await pool.drain(10)).toEqual({ cut: 1 });
      await waiting;
      pool.release(held);
    });

    of('tells callers that keep acquiring, and lets none hang', { max: 2 }, async (pool) => {
      const codes = new Set<unknown>();
      let served = 0;
      const keepAcquiring = async (): Promise<void> => {
        while (codes.size === 0) {
          try {
            await pool.withResource(() => new Promise((resolve) => setImmediate(resolve)));
            served += 1;
          } catch (error) {
            codes.add((error as { code?: unknown }).code);
          }
        }
      };
      const callers = Array.from({ length: 5 }, keepAcquiring);
      while (served < 20) await new Promise((resolve) => setImmediate(resolve));
      await pool.drain(LONG_MS);
      await Promise.all(callers);
      expect([...codes]).toEqual(['pool_draining']);
    });

    of('has a health check say so, and not reject', {}, async (pool) => {
      await pool.drain(0);
      expect(await pool.healthCheck()).toMatchObject({ healthy: false, error: { code: 'pool_draining' } });
    });
  });
}
