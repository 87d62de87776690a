import type { Cache } from '@purser/caching';
import type { KeptAnswer } from './kept-answer.ts';

/** How an answer is kept. */
export interface Keeping {
  readonly ttlMs: number;
  /** What it belongs to: invalidating one of them forgets it. */
  readonly tags: readonly string[];
}

/**
 * Answers in a namespace of the cache: the body as the text that it is, the rest as its attributes. Whatever fails, or is
 * not what was stored, is no answer; the cache counts it.
 */
export class AnswerStore {
  readonly #cache: Pick<Cache, 'getEntry' | 'set'>;

  constructor(cache: Pick<Cache, 'getEntry' | 'set'>) {
    this.#cache = cache;
  }

  async get(key: string): Promise<KeptAnswer | undefined> {
    try {
      const entry = await this.#cache.getEntry(key);
      if (entry === undefined || typeof entry.value !== 'string') return undefined;
      const { modelId, ...headers } = entry.attributes;
      return modelId === undefined ? undefined : { modelId, headers, body: entry.text, ageMs: entry.ageMs };
    } catch {
      return undefined;
    }
  }

  /** Resolves when it can be read, or can't be kept. */
  async set(key: string, { modelId, headers, body }: KeptAnswer, { ttlMs, tags }: Keeping): Promise<void> {
    try {
      const attributes = { ...headers, modelId };
      // Each for as long as its route says: answers are not loaded together, so they need no jitter.
      await this.#cache.set(key, body.toString(), { ttl: ttlMs, jitter: 0, tags, attributes });
    } catch {
      // Whoever asked has the answer.
    }
  }
}
