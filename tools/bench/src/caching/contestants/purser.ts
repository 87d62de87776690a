import { openCaches, type Cache, type CachesOptions } from '@purser/caching';
import { openDiskStore, type DiskProblem } from '@purser/caching/disk';
import { redisStore } from '@purser/caching/redis';
import { Redis } from 'ioredis';
import { TTL_MS, type Contestant, type OpenCache, type Place } from '../contestant.ts';

/** Beyond what any measurement fills. */
const AMPLE_BYTES = 32_000_000_000;
/** No entry is that small: all are in the tier below. */
const NO_MEMORY = { maxBytes: 1 } as const;

async function optionsFor(place: Place): Promise<CachesOptions> {
  switch (place.kind) {
    case 'memory':
      return { memory: { maxBytes: AMPLE_BYTES } };
    case 'disk': {
      const onProblem = (problem: DiskProblem): void => console.error(problem);
      return { memory: NO_MEMORY, tiers: [{ store: await openDiskStore({ folder: place.folder, onProblem }) }] };
    }
    case 'redis': {
      const redis = new Redis(place.url);
      return { memory: NO_MEMORY, tiers: [{ store: redisStore({ redis }), onClosed: async () => void redis.quit() }] };
    }
  }
}

function reading(cache: Cache, tagged: boolean): Omit<OpenCache, 'close'> {
  return {
    read: tagged
      ? (key, make, tags) => cache.getOrCompute(key, () => make(key), { ttl: TTL_MS, tags: [...tags] })
      : (key, make) => cache.getOrCompute(key, () => make(key), { ttl: TTL_MS }),
    get: (key) => cache.get(key),
    invalidateTag: (tag) => cache.invalidateTags(tag),
  };
}

export const purser: Contestant = async ({ place, tagged = false }) => {
  const caches = await openCaches(await optionsFor(place));
  return {
    ...reading(caches.namespace('bench'), tagged),
    countedBytes: () => caches.statistics().tiers[0]?.bytes ?? 0,
    close: () => caches.close(),
  };
};
