import { BentoCache, bentostore } from 'bentocache';
import { fileDriver } from 'bentocache/drivers/file';
import { memoryDriver } from 'bentocache/drivers/memory';
import { redisDriver } from 'bentocache/drivers/redis';
import { Redis } from 'ioredis';
import { TTL_MS, type CacheOptions, type Contestant, type OpenCache } from '../contestant.ts';

interface Layers {
  readonly store: ReturnType<typeof bentostore>;
  readonly close: () => Promise<unknown>;
}

function layers({ place, room }: CacheOptions, serialize: boolean): Layers {
  const close = async (): Promise<void> => {};
  switch (place.kind) {
    case 'memory': {
      const driver = memoryDriver({ maxItems: room, serialize });
      return { store: bentostore().useL1Layer(driver), close };
    }
    case 'disk':
      return { store: bentostore().useL2Layer(fileDriver({ directory: place.folder, pruneInterval: false })), close };
    case 'redis': {
      const connection = new Redis(place.url);
      return { store: bentostore().useL2Layer(redisDriver({ connection })), close: () => connection.quit() };
    }
  }
}

async function open(options: CacheOptions, serialize: boolean): Promise<OpenCache> {
  const { store, close } = layers(options, serialize);
  const cache = new BentoCache({ default: 'only', stores: { only: store } });
  return {
    read: options.tagged
      ? (key, make, tags) => cache.getOrSet({ key, factory: () => make(key), ttl: TTL_MS, tags: [...tags] })
      : (key, make) => cache.getOrSet({ key, factory: () => make(key), ttl: TTL_MS }),
    get: (key) => cache.get({ key }),
    invalidateTag: (tag) => cache.deleteByTag({ tags: [tag] }),
    close: async () => {
      await cache.disconnectAll();
      await close();
    },
  };
}

/** Its fastest form: memory holds what it was given. */
export const bentocache: Contestant = (options) => open(options, false);

/** As it comes: memory holds JSON, so that readers have copies of their own. */
export const bentocacheJson: Contestant = (options) => open(options, true);
