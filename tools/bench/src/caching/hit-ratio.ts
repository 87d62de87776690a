import { openCaches } from '@purser/caching';
import { LRUCache } from 'lru-cache';
import { keysOf, valueOf } from './values.ts';
import { zipf } from './zipf.ts';

const KEYS = 50_000;
/** The first of them fill the cache, and are not counted. */
const REQUESTS = 400_000;
const WARM_UP = 100_000;
const SEED = 20_261_128;

export interface HitRatio {
  readonly alpha: number;
  /** The share of the keys that there is room for. */
  readonly room: number;
  readonly purser: number;
  readonly lruCache: number;
}

/** The shares of a trace that memory has, for each skew and room, beside lru-cache with the same bytes counted alike. */
export async function hitRatios(alphas: readonly number[], rooms: readonly number[]): Promise<HitRatio[]> {
  const keys = keysOf(KEYS);
  const bytes = await bytesOf(keys);
  const ratios: HitRatio[] = [];
  for (const alpha of alphas) {
    for (const room of rooms) {
      const maxBytes = Math.round(bytes.sum * room);
      const purser = await purserOn(maxBytes, keys, alpha);
      const lruCache = lruCacheOn(maxBytes, keys, alpha, bytes.of);
      ratios.push({ alpha, room, purser, lruCache });
    }
  }
  return ratios;
}

export const TRACE = { keys: KEYS, requests: REQUESTS - WARM_UP } as const;

/** What each entry takes by Purser's reckoning. */
async function bytesOf(keys: readonly string[]): Promise<{ sum: number; of: ReadonlyMap<string, number> }> {
  const caches = await openCaches({ memory: { maxBytes: Number.MAX_SAFE_INTEGER } });
  try {
    const cache = caches.namespace('trace');
    const total = (): number => caches.statistics().tiers[0]!.bytes!;
    const of = new Map<string, number>();
    for (const key of keys) {
      const before = total();
      await cache.set(key, valueOf('small', key));
      of.set(key, total() - before);
    }
    return { sum: total(), of };
  } finally {
    await caches.close();
  }
}

async function purserOn(maxBytes: number, keys: readonly string[], alpha: number): Promise<number> {
  const caches = await openCaches({ memory: { maxBytes } });
  try {
    const cache = caches.namespace('trace');
    let loads = 0;
    const load = (key: string): object => {
      loads++;
      return valueOf('small', key);
    };
    let loadsAtStart = 0;
    for (const [at, key] of trace(keys, alpha)) {
      if (at === WARM_UP) loadsAtStart = loads;
      await cache.getOrCompute(key, () => load(key));
    }
    return 1 - (loads - loadsAtStart) / (REQUESTS - WARM_UP);
  } finally {
    await caches.close();
  }
}

function lruCacheOn(
  maxBytes: number,
  keys: readonly string[],
  alpha: number,
  bytes: ReadonlyMap<string, number>,
): number {
  const cache = new LRUCache<string, object>({ maxSize: maxBytes, sizeCalculation: (_value, key) => bytes.get(key)! });
  let hits = 0;
  for (const [at, key] of trace(keys, alpha)) {
    if (cache.get(key) === undefined) cache.set(key, valueOf('small', key));
    else if (at >= WARM_UP) hits++;
  }
  return hits / (REQUESTS - WARM_UP);
}

function* trace(keys: readonly string[], alpha: number): Generator<readonly [at: number, key: string]> {
  const draw = zipf(keys.length, alpha, SEED);
  for (let at = 0; at < REQUESTS; at++) yield [at, keys[draw()]!];
}
