import { Redis } from 'ioredis';
import { once } from 'node:events';
import { RedisStore, type RedisStoreOptions } from '../redis-store.ts';

/** Stores and connections of a test, closed together. */
export class OpenedStores {
  readonly #closes: (() => unknown)[] = [];

  /** A connection that does not wait for a Redis that is away. */
  async connect(url: string): Promise<Redis> {
    const redis = new Redis(url, { enableOfflineQueue: false, maxRetriesPerRequest: 0, retryStrategy: () => 20 });
    redis.on('error', () => {});
    this.#closes.push(() => redis.disconnect());
    if (redis.status !== 'ready') await once(redis, 'ready', { signal: AbortSignal.timeout(20_000) });
    return redis;
  }

  /** With a deadline that a busy machine keeps, unless another is given. */
  open(options: RedisStoreOptions): RedisStore {
    const store = new RedisStore({ deadlineMs: 20_000, ...options });
    this.#closes.push(() => store.close());
    return store;
  }

  async close(): Promise<void> {
    for (const close of this.#closes.splice(0).reverse()) await close();
  }
}
