import { openCaches, type Cache, type CacheResult, type Caches, type SetOptions } from '@purser/caching';
import type { AnswersKept } from '../../answer-cache/answer-store.ts';

/** The cache that answers are kept in. It can be told to fail, and shows what was set. */
export class KeptAnswers implements AnswersKept {
  readonly sets: { readonly key: string; readonly options: SetOptions }[] = [];
  reads = 0;
  /** Whether it has a memory of its own, which is read at once and asks nobody. */
  memory = true;
  /** Asked before each read and write; a read of memory alone does not wait for it. */
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

  getFromMemory<T = unknown>(key: string): CacheResult<T> | undefined {
    void this.onUse('get');
    return this.memory ? this.cache.getFromMemory<T>(key) : undefined;
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
