import { openCaches, type Cache, type CacheResult, type Caches, type SetOptions } from '@purser/caching';

/** The cache that answers are kept in. It can be told to fail, and shows what was set. */
export class KeptAnswers implements Pick<Cache, 'getEntry' | 'set'> {
  readonly sets: { readonly key: string; readonly options: SetOptions }[] = [];
  reads = 0;
  /** Asked before each read and write. */
  onUse: (use: 'get' | 'set') => void | Promise<void> = () => undefined;
  readonly #caches: Caches;
  readonly cache: Cache;

  private constructor(caches: Caches) {
    this.#caches = caches;
    this.cache = caches.namespace('completions');
  }

  static async open(): Promise<KeptAnswers> {
    return new KeptAnswers(await openCaches());
  }

  async getEntry<T = unknown>(key: string): Promise<CacheResult<T> | undefined> {
    this.reads += 1;
    await this.onUse('get');
    return this.cache.getEntry<T>(key);
  }

  async set(key: string, value: unknown, options: SetOptions = {}): Promise<void> {
    await this.onUse('set');
    await this.cache.set(key, value, options);
    this.sets.push({ key, options });
  }

  close(): Promise<void> {
    return this.#caches.close();
  }
}
