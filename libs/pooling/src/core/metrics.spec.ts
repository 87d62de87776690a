import { expect, it } from '@jest/globals';
import { FakePeer, SimulatedClock } from '../testing/index.ts';
import { Durations } from './durations.ts';
import { poolMetrics } from './metrics.ts';
import { ResourcePool } from './resource-pool.ts';

it('tells of all pools in seconds, and leaves out what nothing is known of', async () => {
  const clock = new SimulatedClock();
  const [first, second] = ['first', 'second'].map((name) => new ResourcePool(new FakePeer(), { name, max: 3, clock }));
  const lent = await first!.acquire();
  await clock.advance(250);
  first!.release(lent);
  const metrics = poolMetrics([first!.stats(), second!.stats()]);
  const samplesOf = (name: string) => metrics.find((metric) => metric.name === name)?.samples;
  expect(samplesOf('pool_connections')).toEqual([
    { labels: { pool: 'first', state: 'idle' }, value: 1 },
    { labels: { pool: 'first', state: 'used' }, value: 0 },
    { labels: { pool: 'second', state: 'idle' }, value: 0 },
    { labels: { pool: 'second', state: 'used' }, value: 0 },
  ]);
  expect(samplesOf('pool_use_time_seconds')).toContainEqual({
    labels: { pool: 'first', quantile: '0.99' },
    value: 0.25,
  });
  expect(samplesOf('pool_use_time_seconds')).toHaveLength(3);
  expect(samplesOf('pool_use_time_seconds_total')).toEqual([
    { labels: { pool: 'first' }, value: 0.25 },
    { labels: { pool: 'second' }, value: 0 },
  ]);
  expect(samplesOf('pool_healthy')).toBeUndefined();
  expect(metrics.every(({ name, help }) => name.startsWith('pool_') && help !== '')).toBe(true);
});

it('finds percentiles to an eighth, from nothing to longer than it can tell apart', () => {
  const durations = new Durations();
  expect(durations.stats()).toMatchObject({ count: 0, p50Seconds: null, maxSeconds: null });
  for (let ms = 1; ms <= 1_000; ms++) durations.add(ms);
  const { p50Seconds, p99Seconds, maxSeconds, sumSeconds } = durations.stats();
  expect(p50Seconds! / 0.5).toBeGreaterThanOrEqual(1);
  expect(p50Seconds! / 0.5).toBeLessThan(1.125);
  expect(p99Seconds! / 0.99).toBeGreaterThanOrEqual(1);
  expect(maxSeconds).toBe(1);
  expect(sumSeconds).toBe(500.5);
  durations.add(0);
  durations.add(1e9);
  expect(durations.stats()).toMatchObject({ count: 1_002, maxSeconds: 1e6 });
});
