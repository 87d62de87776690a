import { expect } from 'expect';
import { poolMetrics } from '../core/metrics.ts';
import type { PoolSuite } from './describe-pool.ts';

export function describeReporting({ describe, of }: PoolSuite): void {
  describe('statistics', () => {
    of('count who holds, who waits, and for how long', { max: 1 }, async (pool) => {
      const held = await pool.acquire();
      const waiting = pool.acquire();
      expect(pool.stats()).toMatchObject({ pool: pool.name, count: { used: 1 }, pendingRequests: 1, exhausted: 1 });
      pool.release(held);
      pool.release(await waiting);
      const { waitTime, useTime, pendingRequests } = pool.stats();
      expect(pendingRequests).toBe(0);
      expect(waitTime.count).toBe(2);
      expect(useTime.count).toBe(2);
      expect(waitTime.maxSeconds).toBeGreaterThanOrEqual(waitTime.p50Seconds!);
    });

    of('hold what a health check found', {}, async (pool) => {
      expect(pool.stats().health).toBeNull();
      expect(await pool.healthCheck()).toMatchObject({ healthy: true });
      expect(pool.stats().health).toMatchObject({ healthy: true });
      expect(pool.stats().count.used).toBe(0);
    });

    of('are metrics of one shape', { max: 2 }, async (pool) => {
      pool.release(await pool.acquire());
      const metrics = poolMetrics([pool.stats()]);
      const valueOf = (name: string) => metrics.find((metric) => metric.name === name)?.samples[0];
      expect(valueOf('pool_max')).toEqual({ labels: { pool: pool.name }, value: 2 });
      expect(valueOf('pool_use_time_count_total')).toMatchObject({ value: 1 });
    });
  });
}
