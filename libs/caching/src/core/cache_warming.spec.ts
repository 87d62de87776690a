import { afterEach, describe, expect, it } from '@jest/globals';
import type { LoadLock } from './store.ts';
import { openCaches, type Caches, type CachesOptions } from './caches.ts';
import { monotonicClock } from './clock.ts';
import { cacheMetrics } from './metrics.ts';
import { CacheWarmer, type WarmerOptions, type WarmEntry } from './warmer.ts';
import { ReferenceStore } from '../testing/stores/reference-store.ts';

const opened: { stop?(): Promise<void>; close?(): Promise<void> }[] = [];
async function open(options: WarmerOptions = {}, caching: CachesOptions = {}): Promise<[CacheWarmer, Caches]> {
  const caches = await openCaches(caching);
  const warmer = new CacheWarmer(caches, options);
  opened.push(warmer, caches);
  return [warmer, caches];
}

afterEach(async () => {
  for (const one of opened.splice(0)) await (one.stop?.() ?? one.close?.());
});

const entry = (key: string, load: WarmEntry['load'] = () => key): WarmEntry => ({ namespace: 'warm', key, load });
const hanging = () => new Promise<never>(() => {});
function* many(count: number): Generator<WarmEntry> {
  for (let index = 0; index < count; index++) yield entry(`${index}`);
}

/** A shared tier with one lock for each key, which does not end by itself. */
class LockingStore extends ReferenceStore {
  readonly locks: Set<string>;

  constructor(locks: Set<string>) {
    super(monotonicClock);
    this.locks = locks;
  }

  async lock(namespace: string, key: string): Promise<LoadLock | undefined> {
    const name = `${namespace} ${key}`;
    if (this.locks.has(name)) return undefined;
    this.locks.add(name);
    return { extend: async () => true, release: async () => void this.locks.delete(name) };
  }
}

describe('a warmer', () => {
  it('loads what its sources name, and says what it did', async () => {
    const [warmer, caches] = await open();
    await caches.namespace('warm').set('there', 1);
    const failing = (): never => {
      throw new Error('not today');
    };
    warmer.warm({ name: 'plain', entries: () => [entry('a'), entry('there'), entry('b', failing), entry('')] });
    warmer.warm({
      name: 'slow',
      async *entries() {
        yield* many(2);
      },
    });
    warmer.warm({
      name: 'broken',
      *entries() {
        yield entry('c');
        throw new Error('no list');
      },
    });
    await warmer.run();
    expect(warmer.statistics()).toMatchObject({
      rounds: 1,
      sources: [
        { name: 'plain', warmed: 1, fresh: 1, failed: 2, skippedBecause: null },
        { name: 'slow', warmed: 2, fresh: 0, failed: 0, skippedBecause: null },
        { name: 'broken', warmed: 1, fresh: 0, failed: 0, skippedBecause: 'failed' },
      ],
    });
    expect(await caches.namespace('warm').mget(['a', '0', '1', 'c'])).toEqual(['a', '0', '1', 'c']);
  });

  it('loads 100 entries in a round, and the rest in none', async () => {
    const [warmer, caches] = await open();
    warmer.warm({ name: 'many', entries: () => many(1_000) });
    warmer.warm({ name: 'more', entries: () => many(1) });
    await warmer.run();
    expect(warmer.statistics().sources).toMatchObject([
      { warmed: 100, skippedBecause: 'enough entries' },
      { warmed: 0, skippedBecause: 'enough entries' },
    ]);
    expect(await caches.namespace('warm').has('100')).toBe(false);
  });

  it('loads so many at a time as it may', async () => {
    const [warmer] = await open({ concurrency: 3 });
    let loading = 0;
    let most = 0;
    const load = async () => {
      most = Math.max(most, (loading += 1));
      await new Promise((resolve) => setTimeout(resolve, 1));
      return (loading -= 1);
    };
    warmer.warm({ name: 'many', entries: () => [...'abcdefghij'].map((key) => entry(key, load)) });
    await warmer.run();
    expect(most).toBe(3);
  });

  it.each([
    ['a load', () => [entry('a', hanging)]],
    ['a source', () => ({ [Symbol.asyncIterator]: () => ({ next: hanging }) })],
  ])('ends a round in time where %s hangs', async (_what, entries) => {
    const [warmer] = await open({ maxDurationMs: 20 });
    warmer.warm({ name: 'hanging', entries });
    await warmer.run();
    expect(warmer.statistics().sources).toMatchObject([{ warmed: 0, failed: 0, skippedBecause: 'took too long' }]);
  });

  it('stops in the middle', async () => {
    const [warmer] = await open();
    warmer.warm({ name: 'hanging', entries: () => [entry('a', hanging), entry('b', hanging)] });
    warmer.start();
    await warmer.stop();
    expect(warmer.statistics()).toMatchObject({ state: 'stopped', sources: [{ skippedBecause: 'stopped' }] });
    warmer.start();
    expect(warmer.statistics().rounds).toBe(1);
  });

  it('warms again on its schedule what has ended by then', async () => {
    const [warmer] = await open({ everyMs: 1 });
    let loads = 0;
    const short: WarmEntry = { ...entry('a', () => (loads += 1)), options: { ttl: 1 } };
    warmer.warm({ name: 'short', entries: () => [short] });
    warmer.start();
    while (loads < 3) await new Promise((resolve) => setTimeout(resolve, 1));
    expect(warmer.statistics().rounds).toBeGreaterThan(1);
  });

  it('is ready after its first round, or when that takes too long', async () => {
    const [quick, caches] = await open();
    quick.warm({ name: 'a', entries: () => [entry('a')] });
    quick.start();
    await quick.ready();
    expect(await caches.namespace('warm').has('a')).toBe(true);
    const [slow] = await open({ readyWithinMs: 5 });
    slow.warm({ name: 'a', entries: () => [entry('a', hanging)] });
    slow.start();
    await slow.ready();
    expect(slow.statistics()).toMatchObject({ state: 'warming', rounds: 0 });
  });

  it('leaves it to the replica that is warming, and takes over when that is done', async () => {
    const locks = new Set<string>();
    const tiers = () => [{ store: new LockingStore(locks) }];
    const [one] = await open({}, { tiers: tiers() });
    const [other] = await open({}, { tiers: tiers() });
    const { promise, resolve } = Promise.withResolvers<string>();
    const source = { name: 'a', entries: () => [entry('a', () => promise)] };
    one.warm(source);
    other.warm(source);
    const round = one.run();
    while (locks.size < 2) await new Promise((resolve) => setTimeout(resolve, 1));
    await other.run();
    expect(other.statistics().sources).toMatchObject([{ skippedBecause: 'another replica is warming' }]);
    resolve('a');
    await round;
    await other.run();
    expect(other.statistics().sources).toMatchObject([{ warmed: 1, skippedBecause: null }]);
  });

  it('goes on beside that of another service', async () => {
    const locks = new Set(['locks shop:warmer']);
    const [warmer] = await open({ lock: 'bank:warmer' }, { tiers: [{ store: new LockingStore(locks) }] });
    const [shop] = await open({ lock: 'shop:warmer' }, { tiers: [{ store: new LockingStore(locks) }] });
    for (const one of [warmer, shop]) one.warm({ name: 'a', entries: () => [entry('a')] });
    await Promise.all([warmer.run(), shop.run()]);
    expect(warmer.statistics().sources).toMatchObject([{ warmed: 1, skippedBecause: null }]);
    expect(shop.statistics().sources).toMatchObject([{ skippedBecause: 'another replica is warming' }]);
  });

  it('refuses bad options and a second source of one name', async () => {
    const [warmer, caches] = await open();
    warmer.warm({ name: 'a', entries: () => [] });
    expect(() => warmer.warm({ name: 'a', entries: () => [] })).toThrow('name: there is a source a already');
    expect(() => new CacheWarmer(caches, { maxEntries: -1 })).toThrow('maxEntries: must be a number from 0');
  });
});

it('shows its statistics as metrics', async () => {
  const [warmer, caches] = await open();
  warmer.warm({ name: 'a', entries: () => [entry('a')] });
  await warmer.run();
  await caches.namespace('warm').get('a');
  const metrics = cacheMetrics(caches.statistics(), warmer.statistics());
  const found = (name: string) => metrics.find((metric) => metric.name === name);
  expect(found('cache_hits_total')).toMatchObject({
    type: 'counter',
    samples: [{ labels: { namespace: 'warm' }, value: 1 }],
  });
  expect(found('cache_tier_up')).toMatchObject({ type: 'gauge', samples: [{ labels: { tier: 'memory' }, value: 1 }] });
  expect(found('cache_warming_loaded')?.samples).toEqual([{ labels: { source: 'a' }, value: 1 }]);
  expect(found('cache_bus_up')).toBeUndefined();
  expect(found('cache_load_seconds')?.samples.map(({ labels }) => labels['quantile'])).toEqual(['0.5', '0.95', '0.99']);
  expect(new Set(metrics.map(({ name }) => name)).size).toBe(metrics.length);
  for (const { name, type } of metrics) {
    expect(name).toMatch(/^cache_[a-z_]+$/);
    expect(name.endsWith('_total')).toBe(type === 'counter');
  }
});
