import { expect, it } from '@jest/globals';
import { dependency } from './dependency.ts';
import { resilienceMetrics } from './metrics.ts';

it('shows a dependency as metrics, without those of policies that it has not', async () => {
  const all = dependency({ name: 'all', retry: {}, breaker: {}, bulkhead: { maxConcurrent: 1 } });
  const bare = dependency({ name: 'bare' });
  await all.run(async () => 1);
  await bare.run(() => Promise.reject(new Error('no'))).catch(() => undefined);
  const metrics = resilienceMetrics([all.statistics(), bare.statistics()]);
  const values = (name: string) =>
    Object.fromEntries(
      metrics
        .find((metric) => metric.name === `dependency_${name}`)!
        .samples.map(({ labels, value }) => [Object.values(labels).join(' '), value]),
    );
  expect(values('calls_total')).toEqual({ all: 1, bare: 1 });
  expect(values('failures_total')).toMatchObject({ 'all error': 0, 'bare error': 1, 'bare deadline': 0 });
  expect(values('breaker_state')).toEqual({ all: 0 });
  expect(values('breaker_changes_total')).toEqual({ 'all closed': 0, 'all open': 0, 'all half-open': 0 });
  expect(values('retry_budget')).toEqual({ all: 10 });
  expect(values('bulkhead_refused_total')).toEqual({ all: 0 });
  expect(new Set(metrics.map(({ name }) => name)).size).toBe(metrics.length);
  expect(resilienceMetrics([])).toEqual([]);
});
