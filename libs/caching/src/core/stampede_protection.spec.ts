import { afterEach, expect, it } from '@jest/globals';
import { openCaches, type Caches, type CachesOptions } from './caches.ts';
import type { Cache } from './cache.ts';

const open: Caches[] = [];
async function cacheWith(options: CachesOptions = {}): Promise<Cache> {
  const caches = await openCaches(options);
  open.push(caches);
  return caches.namespace('test');
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((caches) => caches.close()));
});

it('loads a key once however many ask at once', async () => {
  const cache = await cacheWith();
  let loads = 0;
  const load = async () => {
    loads += 1;
    await new Promise((resolve) => setTimeout(resolve, 5));
    return { loads };
  };
  const values = await Promise.all(Array.from({ length: 1_000 }, () => cache.getOrCompute('a', load)));
  expect(new Set(values)).toEqual(new Set([{ loads: 1 }]));
  expect(await cache.getOrCompute('a', load)).toEqual({ loads: 1 });
});

it('gives who asks after an invalidation nothing that was loaded before it, and keeps nothing of it', async () => {
  const cache = await cacheWith();
  let source = 'old';
  const slow = Promise.withResolvers<void>();
  const load = async () => {
    const read = source;
    if (read === 'old') await slow.promise;
    return read;
  };
  const before = cache.getOrCompute('a', load, { tags: ['t'] });
  await Promise.resolve();
  source = 'new';
  await cache.invalidateTags('t');
  const after = cache.getOrCompute('a', load, { tags: ['t'] });
  slow.resolve();
  expect(await before).toBe('old');
  expect(await after).toBe('new');
  expect(await cache.get('a')).toBe('new');
});

it('gives the error of a loader to all who wait, and asks again next time', async () => {
  const cache = await cacheWith();
  let loads = 0;
  const load = async () => {
    loads += 1;
    await Promise.resolve();
    if (loads === 1) throw new Error('not today');
    return loads;
  };
  const results = await Promise.allSettled([cache.getOrCompute('a', load), cache.getOrCompute('a', load)]);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await cache.getOrCompute('a', load)).toBe(2);
});

it('gives who has more time than the one whose load it joined a load of its own', async () => {
  const cache = await cacheWith();
  const never = new Promise<number>(() => {});
  const hurried = cache.getOrCompute('a', () => never, { hardTimeoutMs: 20 });
  const patient = cache.getOrCompute('a', () => 2, { hardTimeoutMs: 30_000 });
  await expect(hurried).rejects.toMatchObject({ code: 'load_timeout' });
  expect(await patient).toBe(2);
});
