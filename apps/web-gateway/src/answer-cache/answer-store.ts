import type { Cache, CacheResult } from '@purser/caching';
import type { KeptAnswer } from './kept-answer.ts';

/** How an answer is kept. */
export interface Keeping {
  readonly ttlMs: number;
  /** What it belongs to: invalidating one of them forgets it. */
  readonly tags: readonly string[];
}

/** The namespace of the cache, as far as answers go. */
export type AnswersKept = Pick<Cache, 'getEntry' | 'getFromMemory' | 'set'>;

/**
 * Answers in a namespace of the cache: the body as the text that it is, the rest as its attributes. Whatever fails, or is
 * not what was stored, is no answer; the cache counts it.
 */
export class AnswerStore {
  readonly #cache: AnswersKept;

  constructor(cache: AnswersKept) {
    this.#cache = cache;
  }

  async get(key: string): Promise<KeptAnswer | undefined> {
    try {
      return answerOf(await this.#cache.getEntry(key));
    } catch {
      return undefined;
    }
  }

  /** What memory has; the tiers below are not asked. */
  inMemory(key: string): KeptAnswer | undefined {
    try {
      return answerOf(this.#cache.getFromMemory(key));
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

function answerOf(entry: CacheResult<unknown> | undefined): KeptAnswer | undefined {
  if (entry === undefined || typeof entry.value !== 'string') return undefined;
  const { modelId, ...headers } = entry.attributes;
  return modelId === undefined ? undefined : { modelId, headers, body: entry.text, ageMs: entry.ageMs };
}
