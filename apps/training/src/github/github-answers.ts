import { httpLoader, key, type Cache, type Caches } from '@purser/caching';
import { cacheTags } from '@purser/contracts';
import type { ApiAnswer, GithubApi } from './github-api.ts';
import { tokenKeyOf } from './token-key.ts';

/** The namespace of what GitHub answered. */
export const GITHUB_ANSWERS = 'github-answers';

/** How long an answer is kept to be asked for again by its ETag. */
const KEPT_MS = 6 * 24 * 3_600_000;

/**
 * What GitHub answered, to all sources. Each is asked for again whenever it is needed, by its ETag, and given out only when
 * GitHub says that it still holds.
 */
export function githubAnswers(caches: Caches): Cache {
  return caches.namespace(GITHUB_ANSWERS, {
    ttl: 1,
    staleFor: KEPT_MS,
    softTimeoutMs: Infinity,
    staleOnError: false,
    jitter: 0,
  });
}

/**
 * What GitHub answers to questions about single things, asked again by ETags: a 304 costs no quota. They outlive a restart
 * where the cache has a tier that does, and are never those of another token. (The ETags of lists stand in a source's
 * bookmark, which is stored with the items that were read of them, or not at all.)
 */
export class GithubAnswers {
  readonly #cache: Cache;
  readonly #api: GithubApi;
  readonly #sourceId: string;
  readonly #token: string | null;

  /** @param source who asks, and the token that `api` has */
  constructor(cache: Cache, api: GithubApi, source: { readonly id: string; readonly token: string | null }) {
    this.#cache = cache;
    this.#api = api;
    this.#sourceId = source.id;
    this.#token = source.token;
  }

  /** As the API answers: a 304 is the 200 that it stands for, and what is gone is a 404. @throws as `GithubApi.get` */
  async get(address: string): Promise<ApiAnswer> {
    let answered: ApiAnswer | undefined;
    const load = httpLoader<Kept>({
      url: this.#api.urlOf(address),
      headers: this.#token === null ? {} : { authorization: this.#token },
      fetch: async (url, { headers }) => {
        const answer = await this.#api.get(url, headers['if-none-match'] ?? null);
        answered = answer;
        const { status, etag } = answer;
        return { status, headers: { get: (name) => (name === 'etag' ? etag : null) }, body: null };
      },
      parse: () => ({ body: answered!.body, at: answered!.at.toISOString() }),
    });
    const tags = [cacheTags.source(this.#sourceId)];
    const kept = await this.#cache.getOrCompute(this.#keyOf(address), load, { tags });
    // Another replica may have asked just now, and answered us: then its time is the last that is known.
    const at = answered?.at ?? (kept === undefined ? new Date() : new Date(kept.at));
    const nothing = { etag: null, next: null, at };
    return kept === undefined ? { ...nothing, status: 404, body: null } : { ...nothing, status: 200, body: kept.body };
  }

  #keyOf(address: string): string {
    return key('source', this.#sourceId, tokenKeyOf(this.#token) || 'nobody', address);
  }
}

interface Kept {
  readonly body: unknown;
  /** By the server's clock. */
  readonly at: string;
}
