import { createCache, type Cache as ManagedCache } from 'cache-manager';
import { Keyv, type KeyvStoreAdapter, type StoredData } from 'keyv';
import type { Cache } from '../core/cache.ts';

interface Wrapped {
  readonly value: unknown;
}

/** One of our namespaces as a store of Keyv's. What expires, expires by our clock, whatever replica has set it. */
class NamespaceStore implements KeyvStoreAdapter {
  readonly opts = {};
  readonly #cache: Cache;
  readonly #maxTtl: number;

  constructor(cache: Cache, maxTtl: number) {
    this.#cache = cache;
    this.#maxTtl = maxTtl;
  }

  async get<Value>(key: string): Promise<StoredData<Value>> {
    const found = await this.#cache.getEntry<Value>(key);
    return found && { value: found.value, expires: Date.now() + found.freshForMs };
  }

  getMany<Value>(keys: string[]): Promise<StoredData<Value>[]> {
    return Promise.all(keys.map((key) => this.get<Value>(key)));
  }

  async set(key: string, { value }: Wrapped, ttl?: number): Promise<void> {
    if (value === undefined) return this.#cache.delete(key);
    await this.#cache.set(key, value, ttl === undefined ? {} : { ttl: Math.min(ttl, this.#maxTtl), jitter: 0 });
  }

  async setMany(entries: { key: string; value: Wrapped; ttl?: number }[]): Promise<void> {
    await Promise.all(entries.map(({ key, value, ttl }) => this.set(key, value, ttl)));
  }

  has(key: string): Promise<boolean> {
    return this.#cache.has(key);
  }

  async delete(key: string): Promise<boolean> {
    return this.deleteMany([key]);
  }

  async deleteMany(keys: string[]): Promise<boolean> {
    await this.#cache.delete(...keys);
    return true;
  }

  clear(): Promise<void> {
    return this.#cache.clear();
  }

  on(): this {
    // It reports nothing by events: a failing tier is in the statistics, a bad call rejects.
    return this;
  }
}

/**
 * A `Cache` of cache-manager over a namespace of ours. Lives are milliseconds and at most `maxTtl`; without one, or with 0,
 * the namespace's. Values are JSON; `null` is one, `undefined` is none. `clear` clears this namespace alone.
 */
export function cacheManagerOver(cache: Cache, maxTtl: number): ManagedCache {
  const store = new Keyv({ store: new NamespaceStore(cache, maxTtl), useKeyPrefix: false, throwOnErrors: true });
  store.serialize = undefined;
  store.deserialize = undefined;
  return createCache({ stores: [store] });
}
