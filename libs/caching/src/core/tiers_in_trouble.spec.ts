import { afterEach, expect, it } from '@jest/globals';
import { alwaysThrows, neverAnswers } from '../testing/stores/chaotic-store.ts';
import { createSharedStore } from '../testing/stores/shared-store.ts';
import { openCaches, type Caches, type CachesOptions } from './caches.ts';
import { monotonicClock } from './clock.ts';
import type { Store } from './store.ts';

const open: Caches[] = [];
async function cachesOn(store: Store, options: CachesOptions = {}): Promise<Caches> {
  const caches = await openCaches({ tiers: [{ store, timeoutMs: 20 }], ...options });
  open.push(caches);
  return caches;
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((caches) => caches.close()));
});

it.each([
  ['fails', alwaysThrows(createSharedStore(monotonicClock))],
  ['never answers', neverAnswers(createSharedStore(monotonicClock))],
])('serves on where a tier %s, whoever is told of it throws, and counts it', async (_how, store) => {
  const told = (): never => {
    throw new Error('no more of it');
  };
  const caches = await cachesOn(store, { onProblem: told });
  const cache = caches.namespace('test');
  expect(await cache.getOrCompute('a', () => 1)).toBe(1);
  await cache.set('b', 2);
  expect(await cache.mget(['a', 'b', 'c'])).toEqual([1, 2, undefined]);
  await cache.delete('a');
  expect(await cache.get('a')).toBeUndefined();
  const [, tier] = caches.statistics().tiers;
  expect(tier!.errors).toBeGreaterThan(0);
  expect(tier!.pendingInvalidations).toBe(2);
});

it('takes an entry that can not be read for none, and for a failure of its tier', async () => {
  const store = createSharedStore(monotonicClock);
  const damaged: Store = {
    ...store,
    getMany: async (...args) =>
      (await store.getMany(...args)).map(({ entry, position }) => ({
        position,
        entry: entry && { ...entry, json: '{"' },
      })),
  };
  const first = await cachesOn(store);
  await first.namespace('test').set('a', 1);
  const caches = await cachesOn(damaged);
  expect(await caches.namespace('test').get('a')).toBeUndefined();
  expect(await caches.namespace('test').getOrCompute('a', () => 2)).toBe(2);
  expect(caches.statistics().tiers[1]!.errors).toBeGreaterThan(0);
});

it('does not read a tier of its own in whose entries it looks for long for what was invalidated', async () => {
  const told = Promise.withResolvers<void>();
  const store = createSharedStore(monotonicClock);
  const slow: Store = { ...store, shared: false, invalidate: () => told.promise };
  const caches = await cachesOn(slow, { memory: { maxBytes: 1 } });
  const cache = caches.namespace('test');
  await store.set({
    namespace: 'test',
    key: 'a:1',
    entry: { json: '1', tags: [], ttlMs: 60_000, staleForMs: 0 },
    freshForMs: 60_000,
    since: undefined,
  });
  expect(await cache.get('a:1')).toBe(1);
  const invalidating = cache.invalidatePrefix('a:');
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(await cache.get('a:1')).toBeUndefined();
  told.resolve();
  await invalidating;
});

it('gives what is promoted from a tier the rest of its life, and has several keys in one look', async () => {
  const store = createSharedStore(monotonicClock);
  const first = (await cachesOn(store)).namespace('test');
  await first.set('a', 1, { ttl: 60_000, jitter: 0 });
  await first.set('b', 2);
  let looks = 0;
  const getMany: Store['getMany'] = (...args) => {
    looks += 1;
    return store.getMany(...args);
  };
  const second = (await cachesOn({ ...store, getMany })).namespace('test');
  expect(await second.mget(['a', 'none', 'b', 'a'])).toEqual([1, undefined, 2, 1]);
  expect(looks).toBe(1);
  expect(second.describe('a')!.freshForMs).toBeLessThanOrEqual(60_000);
  expect(second.describe('a')!.ageMs).toBeGreaterThanOrEqual(0);
});
