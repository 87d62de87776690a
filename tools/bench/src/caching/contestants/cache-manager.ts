import { createCache, type Cache } from 'cache-manager';
import { TTL_MS, type Contestant, type OpenCache } from '../contestant.ts';
import { redisKeyv } from './redis-keyv.ts';

export const cacheManager: Contestant = async ({ place }) => {
  if (place.kind !== 'redis') return opened(createCache());
  const { keyv, close } = redisKeyv(place.url);
  return { ...opened(createCache({ stores: [keyv] })), close };
};

function opened(cache: Cache): OpenCache {
  return {
    read: (key, make) => cache.wrap(key, () => make(key), { ttl: TTL_MS }),
    get: (key) => cache.get(key),
    close: () => cache.disconnect(),
  };
}
