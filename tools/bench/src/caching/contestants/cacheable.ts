import { Cacheable, createKeyv } from 'cacheable';
import { TTL_MS, type Contestant, type OpenCache } from '../contestant.ts';
import { redisKeyv } from './redis-keyv.ts';

/** In its fastest form: memory holds what it was given. */
export const cacheable: Contestant = async ({ place, room, tagged = false }) => {
  if (place.kind !== 'redis') {
    return opened(new Cacheable({ primary: createKeyv({ useClone: false, lruSize: room }), tags: tagged }), tagged);
  }
  const { keyv, close } = redisKeyv(place.url);
  return { ...opened(new Cacheable({ primary: keyv, tags: tagged }), tagged), close };
};

function opened(cache: Cacheable, tagged: boolean): OpenCache {
  const withTags: OpenCache['read'] = async (key, make, tags) => {
    const known = await cache.get(key);
    if (known !== undefined) return known;
    const made = await make(key);
    await cache.set(key, made, { ttl: TTL_MS, tags: [...tags] });
    return made;
  };
  return {
    // Its getOrSet takes no tags.
    read: tagged ? withTags : (key, make) => cache.getOrSet(key, async () => make(key), { ttl: TTL_MS }),
    get: (key) => cache.get(key),
    invalidateTag: (tag) => cache.tags.invalidateTag(tag),
    close: () => cache.disconnect(),
  };
}
