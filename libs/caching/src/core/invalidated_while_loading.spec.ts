import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { Invalidation } from './invalidation.ts';
import { openCaches, type Caches } from './caches.ts';
import type { Cache } from './cache.ts';

let caches: Caches;
let cache: Cache;
beforeEach(async () => {
  caches = await openCaches();
  cache = caches.namespace('test');
});
afterEach(() => caches.close());

const all: Invalidation[] = [
  { kind: 'keys', keys: ['a:1'] },
  { kind: 'tags', tags: ['other', 't'] },
  { kind: 'prefix', prefix: 'a:' },
  { kind: 'pattern', pattern: '?:1' },
  { kind: 'all' },
];

it.each(all)(
  'begins one load for all who ask after it was invalidated ($kind), and keeps nothing of the other',
  async (of) => {
    const first = Promise.withResolvers<string>();
    const before = cache.getOrCompute('a:1', () => first.promise, { tags: ['t'] });
    await cache.invalidate(of);
    let loads = 0;
    const load = async () => {
      loads += 1;
      await new Promise(setImmediate);
      return 'new';
    };
    const after = Array.from({ length: 500 }, () => cache.getOrCompute('a:1', load, { tags: ['t'] }));
    first.resolve('old');
    expect(await before).toBe('old');
    expect(new Set(await Promise.all(after))).toEqual(new Set(['new']));
    expect(loads).toBe(1);
    expect(await cache.get('a:1')).toBe('new');
  },
);

it('gives a call no older value however often it is invalidated while it waits', async () => {
  let version = 1;
  const load = async () => {
    const read = version;
    for (let turn = 0; turn < 3; turn++) await Promise.resolve();
    return read;
  };
  for (let round = 0; round < 50; round++) {
    version += 1;
    await cache.invalidateTags('t');
    const least = version;
    const asked = cache.getOrCompute('a', load, { tags: ['t'] });
    version += 1;
    void cache.invalidateTags('t');
    expect(await asked).toBeGreaterThanOrEqual(least);
  }
});

it('does not keep what a loader read before it invalidated its own key', async () => {
  const value = await cache.getOrCompute('a', () => {
    void cache.delete('a');
    return 'old';
  });
  expect([value, await cache.get('a')]).toEqual(['old', undefined]);
});

it('lets a loader that waits for itself end at the hard timeout, and no later', async () => {
  const itself = (): Promise<number> => cache.getOrCompute('a', itself, { hardTimeoutMs: 20 });
  await expect(itself()).rejects.toMatchObject({ code: 'load_timeout' });
  expect(await cache.getOrCompute('a', () => 1)).toBe(1);
});

it('keeps namespaces apart', async () => {
  const other = caches.namespace('other');
  await other.set('a:1', 'stays', { tags: ['t'] });
  for (const of of all) {
    await cache.set('a:1', 'goes', { tags: ['t'] });
    await cache.invalidate(of);
    expect([await cache.get('a:1'), await other.get('a:1')]).toEqual([undefined, 'stays']);
  }
});

it('takes what was cleared out of memory with the next purge', async () => {
  const other = caches.namespace('other');
  await other.set('a', 'stays');
  await cache.set('a', 'goes');
  await cache.clear();
  await cache.set('b', 'comes');
  expect(cache.describe('a')).toBeUndefined();
  await caches.purge();
  expect(caches.statistics().tiers[0]).toMatchObject({ entries: 2, expirations: 1 });
  expect([await other.get('a'), await cache.get('b')]).toEqual(['stays', 'comes']);
});

it('refuses what is no invalidation, counts it, and changes nothing', async () => {
  await cache.set('a', 1);
  const bad = [
    { kind: 'some' },
    { kind: 'keys', keys: 'a' },
    { kind: 'tags', tags: [''] },
    { kind: 'prefix', prefix: '' },
  ];
  for (const of of bad) {
    await expect(cache.invalidate(of as Invalidation)).rejects.toMatchObject({ code: 'invalid_key' });
  }
  expect(await cache.get('a')).toBe(1);
  expect(caches.statistics().namespaces['test']).toMatchObject({ badCalls: 4, invalidations: 0 });
});
