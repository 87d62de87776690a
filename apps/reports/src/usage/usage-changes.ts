import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { Caches, type Cache } from '@purser/caching';
import { cacheNamespaces, cacheTags } from '@purser/contracts';

/**
 * Says that sums of usage are no longer true, to whoever has cached some. However much comes in, one invalidation is on its
 * way at a time, and another follows where something came in since.
 */
@Injectable()
export class UsageChanges implements BeforeApplicationShutdown {
  readonly #logger = new Logger('Usage');
  readonly #cache: Cache;
  #telling: Promise<void> | undefined;
  #more = false;

  constructor(caches: Caches) {
    this.#cache = caches.namespace(cacheNamespaces.usage);
  }

  /** To be called after the commit. Nobody waits for it: those who sum up did not take in what is summed. */
  note(): void {
    this.#more = true;
    this.#telling ??= this.#tell();
  }

  /** What was taken in last is told too. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.#telling;
  }

  async #tell(): Promise<void> {
    while (this.#more) {
      this.#more = false;
      await this.#cache.invalidateTags(cacheTags.usage).catch((error: unknown) => {
        this.#logger.warn(`Sums of usage may be old for some seconds: ${String(error)}`);
      });
    }
    this.#telling = undefined;
  }
}
