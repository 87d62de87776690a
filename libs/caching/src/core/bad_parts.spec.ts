import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { runInNewContext } from 'node:vm';
import { createSharedStore } from '../testing/stores/shared-store.ts';
import type { Cache } from './cache.ts';
import { openCaches, type Caches } from './caches.ts';
import { monotonicClock } from './clock.ts';

describe('a cache', () => {
  const store = createSharedStore(monotonicClock);
  it.each<[string, object, string]>([
    ['a store in the place of a tier', { tiers: [store] }, 'tiers.store: has no getMany'],
    ['a store without a method', { tiers: [{ store: { ...store, set: undefined } }] }, 'tiers.store: has no set'],
    ['a store without a name', { tiers: [{ store: { ...store, name: undefined } }] }, 'tiers.store: must have a name'],
    ['a bus in the place of its options', { bus: { publish() {}, subscribe() {} } }, 'bus.bus: has no publish'],
    ['a bus that can only be heard', { bus: { bus: { subscribe() {} } } }, 'bus.bus: has no publish'],
  ])('refuses %s by its name', async (_what, options, message) => {
    await expect(openCaches(options)).rejects.toMatchObject({
      code: 'invalid_option',
      message: expect.stringContaining(message),
    });
  });
});

describe('a call', () => {
  let caches: Caches;
  let cache: Cache;
  beforeEach(async () => {
    caches = await openCaches();
    cache = caches.namespace('test');
  });
  afterEach(() => caches.close());

  it('without a loader is refused, and counted as a bad call: no load has failed', async () => {
    await expect(cache.getOrCompute('a', undefined as never)).rejects.toMatchObject({ field: 'load' });
    expect(caches.statistics().namespaces.test).toMatchObject({ badCalls: 1, loads: 0, loadErrors: 0 });
  });

  it('for many keys that gives no list is refused, and counted', async () => {
    await expect(cache.mget('ab' as never)).rejects.toMatchObject({ code: 'invalid_key', field: 'keys' });
    expect(caches.statistics().namespaces.test).toMatchObject({ badCalls: 1 });
  });

  it('takes lists of other realms, which the tests of those who use it may be in', async () => {
    const keys = runInNewContext("['a']") as string[];
    expect(await cache.mget(keys)).toHaveLength(1);
    await expect(cache.set('b', 1, { tags: keys })).resolves.toBeUndefined();
  });
});

it('is typed as perhaps undefined where its loader may find nothing', async () => {
  const caches = await openCaches();
  const cache = caches.namespace('test');
  const find = async (id: string): Promise<{ id: string } | undefined> => (id === '1' ? { id } : undefined);
  const [known, none] = [
    await cache.getOrCompute('1', () => find('1')),
    await cache.getOrCompute('2', () => find('2')),
  ];
  // @ts-expect-error It is not known to be there.
  expect(() => none.id).toThrow(TypeError);
  expect(known?.id).toBe('1');
  const sure: number = await cache.getOrCompute('3', async (load) => (load.previous ? load.notModified() : 3));
  expect(sure).toBe(3);
  await caches.close();
});
