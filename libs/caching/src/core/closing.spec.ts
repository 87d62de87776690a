import { expect, it, jest } from '@jest/globals';
import { neverAnswers } from '../testing/stores/chaotic-store.ts';
import { createSharedStore } from '../testing/stores/shared-store.ts';
import type { InvalidationBus } from './bus.ts';
import { openCaches } from './caches.ts';
import { monotonicClock } from './clock.ts';
import type { Store } from './store.ts';

function closable(): { store: Store; closed: () => number } {
  let closed = 0;
  const close = async () => {
    closed += 1;
  };
  return { store: { ...createSharedStore(monotonicClock), close }, closed: () => closed };
}

it('ends loads that are under way, and tells every call from then on that it is closed', async () => {
  const caches = await openCaches();
  const cache = caches.namespace('test');
  const never = cache.getOrCompute('a', () => new Promise(() => {}));
  const told = expect(never).rejects.toMatchObject({ code: 'closed' });
  await caches.close();
  await told;
  const calls = [
    cache.get('a'),
    cache.mget(['a']),
    cache.set('a', 1),
    cache.delete('a'),
    cache.getOrCompute('a', () => 1),
  ];
  for (const call of calls) await expect(call).rejects.toMatchObject({ code: 'closed' });
  await caches.close();
});

it('does not begin a load that had yet to look into the tiers', async () => {
  const looking = Promise.withResolvers<void>();
  const { store } = closable();
  const slow: Store = { ...store, getMany: (...args) => looking.promise.then(() => store.getMany(...args)) };
  const caches = await openCaches({ tiers: [{ store: slow }] });
  let loads = 0;
  const asked = caches.namespace('test').getOrCompute('a', () => (loads += 1));
  const told = expect(asked).rejects.toMatchObject({ code: 'closed' });
  const closing = caches.close();
  looking.resolve();
  await Promise.all([told, closing]);
  expect(loads).toBe(0);
});

it('waits no longer for tiers that hang, and asks none of them any more', async () => {
  const asked: string[] = [];
  const hanging = (name: string): Store => {
    const store = neverAnswers({ ...createSharedStore(monotonicClock), name });
    return { ...store, close: async () => {}, invalidate: (...of) => (asked.push(name), store.invalidate(...of)) };
  };
  const caches = await openCaches({ tiers: [{ store: hanging('near') }, { store: hanging('far') }] });
  const invalidated = caches.namespace('test').invalidatePattern('*');
  await caches.close();
  await invalidated;
  expect(asked).toEqual(['far']);
});

it.each([
  ['an option is not allowed', { purgeEveryMs: 0 }, {}, 'purgeEveryMs: must be'],
  ['a time that a tier is given is none', {}, { timeoutMs: -1 }, /^tiers\.\w+\.timeoutMs: must be/],
  ['the age of a tier is none', {}, { maxAgeMs: NaN }, /^tiers\.\w+\.maxAgeMs: must be/],
  ['the bus can not be subscribed to', { bus: { bus: refusing() } }, {}, 'not today'],
])('closes the tiers it was given where %s', async (_why, options, tier, message) => {
  const { store, closed } = closable();
  await expect(openCaches({ ...options, tiers: [{ store, ...tier }] })).rejects.toThrow(message);
  expect(closed()).toBe(1);
});

function refusing(): InvalidationBus {
  return { publish: () => {}, subscribe: () => Promise.reject(new Error('not today')) };
}

it('closes the tiers it was given where the bus does not answer, and leaves it where it does in the end', async () => {
  jest.useFakeTimers();
  try {
    const { store, closed } = closable();
    const subscribed = Promise.withResolvers<() => void>();
    const bus: InvalidationBus = { publish: () => {}, subscribe: () => subscribed.promise };
    const told = expect(openCaches({ bus: { bus }, tiers: [{ store }] })).rejects.toThrow(
      'the bus could not be subscribed to within 10000 ms',
    );
    await jest.advanceTimersByTimeAsync(10_000);
    await told;
    expect(closed()).toBe(1);
    await new Promise<void>((resolve) => subscribed.resolve(resolve));
  } finally {
    jest.useRealTimers();
  }
});

it('gives nothing out of memory any more', async () => {
  const caches = await openCaches();
  const cache = caches.namespace('test');
  await cache.set('a', 1);
  await caches.close();
  for (const call of [cache.get('a'), cache.mget(['a']), cache.has('a'), cache.getOrCompute('a', () => 2)]) {
    await expect(call).rejects.toMatchObject({ code: 'closed' });
  }
  expect([cache.getFromMemory('a'), cache.describe('a')]).toEqual([undefined, undefined]);
});
