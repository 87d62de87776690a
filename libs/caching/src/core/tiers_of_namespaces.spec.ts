import { expect, it } from '@jest/globals';
import { ReferenceStore } from '../testing/stores/reference-store.ts';
import { createSharedStore } from '../testing/stores/shared-store.ts';
import { openCaches } from './caches.ts';
import { monotonicClock } from './clock.ts';
import type { Store } from './store.ts';

it('a tier keeps entries of the namespaces that it is for alone, and is told nothing of others', async () => {
  const store = new ReferenceStore(monotonicClock);
  const told: string[] = [];
  const invalidate = store.invalidate.bind(store);
  store.invalidate = (namespace, invalidation) => {
    told.push(namespace);
    return invalidate(namespace, invalidation);
  };
  const caches = await openCaches({ tiers: [{ store, namespaces: (name) => name === 'kept' }] });
  try {
    for (const name of ['kept', 'other']) {
      const cache = caches.namespace(name);
      await cache.set('set', 1, { tags: ['t'] });
      await cache.getOrCompute('loaded', () => 2);
      expect(await cache.mget(['set', 'loaded'])).toEqual([1, 2]);
      await cache.invalidateTags('t');
      expect(await cache.mget(['set', 'loaded'])).toEqual([undefined, 2]);
    }
    await caches.invalidate('unnamed', { kind: 'all' });
    expect(new Set(told)).toEqual(new Set(['kept']));
    const [own] = await store.getMany('other', ['loaded']);
    expect(own!.entry).toBeUndefined();
    const [kept] = await store.getMany('kept', ['loaded']);
    expect(kept!.entry).toMatchObject({ json: '2' });
  } finally {
    await caches.close();
  }
});

it('of a namespace that nobody has named, the farthest tier is told first', async () => {
  const told: string[] = [];
  const named = (name: string) => {
    const store = createSharedStore(monotonicClock);
    const invalidate: typeof store.invalidate = async (...of) => {
      await new Promise(setImmediate);
      await store.invalidate(...of);
      told.push(name);
    };
    return { store: { ...store, name, invalidate } };
  };
  const caches = await openCaches({ tiers: [named('near'), named('middle'), named('far')] });
  try {
    await caches.invalidate('unnamed', { kind: 'tags', tags: ['t'] });
    await caches.invalidate('unnamed', { kind: 'tags', tags: [] });
    expect(told).toEqual(['far', 'middle', 'near']);
  } finally {
    await caches.close();
  }
});

it.each([true, false])(
  'a namespace named while it is invalidated keeps nothing of a tier (shared: %s)',
  async (isShared) => {
    const store: Store = Object.assign(new ReferenceStore(monotonicClock), { shared: isShared });
    const entry = { json: '"old"', tags: [], ttlMs: 60_000, staleForMs: 0 };
    await store.set({ namespace: 'late', key: 'a', entry, freshForMs: 60_000, since: undefined });
    const read = Promise.withResolvers<void>();
    const invalidate = store.invalidate.bind(store);
    store.invalidate = (...of) => read.promise.then(() => invalidate(...of));
    const caches = await openCaches({ tiers: [{ store }] });
    try {
      const invalidated = caches.invalidate('late', { kind: 'keys', keys: ['a'] });
      // A tier of one's own is not read meanwhile.
      expect(await caches.namespace('late').get('a')).toBe(isShared ? 'old' : undefined);
      read.resolve();
      await invalidated;
      expect(await caches.namespace('late').get('a')).toBeUndefined();
    } finally {
      await caches.close();
    }
  },
);
