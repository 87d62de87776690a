import { expect, it } from '@jest/globals';
import { createSharedStore } from '../testing/stores/shared-store.ts';
import { openCaches } from './caches.ts';
import { monotonicClock } from './clock.ts';
import { cacheMetrics } from './metrics.ts';

it('tells of the entries that a tier could not read or write, where the tier knows', async () => {
  const knowing = createSharedStore(monotonicClock, 'knowing');
  const statistics = () => ({ ...knowing.statistics(), unreadable: 2, writeFailures: 3 });
  const other = createSharedStore(monotonicClock, 'other');
  const caches = await openCaches({ tiers: [{ store: { ...knowing, statistics } }, { store: other }] });
  try {
    const metrics = cacheMetrics(caches.statistics());
    const samplesOf = (name: string) => metrics.find((metric) => metric.name === name)?.samples;
    expect(samplesOf('cache_tier_unreadable_total')).toEqual([{ labels: { tier: 'knowing' }, value: 2 }]);
    expect(samplesOf('cache_tier_write_failures_total')).toEqual([{ labels: { tier: 'knowing' }, value: 3 }]);
  } finally {
    await caches.close();
  }
});
