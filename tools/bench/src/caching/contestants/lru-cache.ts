import { LRUCache } from 'lru-cache';
import { TTL_MS, type Contestant, type Make } from '../contestant.ts';

/** With its own protection against stampedes. */
export const lruFetch: Contestant = async ({ room }) => {
  const cache = new LRUCache<string, object, Make>({
    max: room,
    ttl: TTL_MS,
    fetchMethod: (key, _stale, { context }) => context(key) as object,
  });
  return {
    read: (key, make) => cache.fetch(key, { context: make }),
    get: async (key) => cache.get(key),
    close: async () => cache.clear(),
  };
};

/** A map that forgets, asked and filled by hand: the floor under everything else. */
export const lruGet: Contestant = async ({ room }) => {
  const cache = new LRUCache<string, object>({ max: room, ttl: TTL_MS });
  return {
    read: async (key, make) => {
      const known = cache.get(key);
      if (known !== undefined) return known;
      // Awaited, as a source would be: without that, nobody could ask meanwhile.
      const made = (await make(key)) as object;
      cache.set(key, made);
      return made;
    },
    get: async (key) => cache.get(key),
    close: async () => cache.clear(),
  };
};
