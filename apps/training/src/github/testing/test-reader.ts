import type { Cache } from '@purser/caching';
import type { KnownItem } from '../../items/item.ts';
import { readBookmark } from '../bookmark.ts';
import { GithubAnswers } from '../github-answers.ts';
import { GithubApi } from '../github-api.ts';
import type { GithubHttp } from '../github-http.ts';
import { limits as usualLimits, type Limits } from '../limits.ts';
import { RepositoryReading } from '../repository-reading.ts';

/** Reads one repository again and again, and keeps what a source would. */
export class TestReader {
  readonly items = new Map<string, KnownItem & { readonly title: string }>();
  /** As it comes back from the database. */
  bookmark: unknown = null;
  token: string | null = null;
  limits: Limits = usualLimits;
  /** How old the last sweep may be. */
  sweepIntervalMs = Number.MAX_SAFE_INTEGER;
  staleSince: Date | null = null;
  readonly #http: GithubHttp;
  readonly #baseUrl: string;
  readonly #name: string;
  readonly #cache: Cache;

  constructor(http: GithubHttp, baseUrl: string, name: string, cache: Cache) {
    this.#cache = cache;
    this.#http = http;
    this.#baseUrl = baseUrl;
    this.#name = name;
  }

  /** The external ids that are kept, in their order. */
  get ids(): string[] {
    return [...this.items.keys()].sort((a, b) => Number(a.slice(1)) - Number(b.slice(1)));
  }

  /** One reading, whose result is kept however it ended; the error that ended it, or whether it came to its end. */
  async read(signal: AbortSignal = AbortSignal.timeout(30_000)): Promise<{
    ended: boolean | Error;
    changed: string[];
    problems: string[];
    waitsUntil: Date | null;
  }> {
    const bookmark = readBookmark(this.bookmark, this.token, this.staleSince);
    const waitsUntil = bookmark.waitsUntil === null ? null : new Date(bookmark.waitsUntil);
    const api = new GithubApi(this.#http, { baseUrl: this.#baseUrl, token: this.token, waitsUntil }, signal);
    const options = { limits: this.limits, endsAt: Date.now() + 20_000, sweepIntervalMs: this.sweepIntervalMs };
    const answers = new GithubAnswers(this.#cache, api, { id: this.#name, token: this.token });
    const reading = new RepositoryReading(api, this.#name, { known: this.items, bookmark, answers }, options);
    const ended = await reading.run().catch((error: Error) => error);
    const changed = [...reading.items.values()].filter(({ content }) => content !== null);
    for (const externalId of reading.removed) this.items.delete(externalId);
    for (const item of changed) this.items.set(item.externalId, { ...item, title: item.content!.title });
    const next = { ...reading.bookmark, waitsUntil: api.waitsUntil?.toISOString() ?? null };
    this.bookmark = JSON.parse(JSON.stringify(next));
    return {
      ended,
      changed: changed.map(({ externalId }) => externalId),
      problems: reading.problems.map(({ path, reason }) => `${path} ${reason}`),
      waitsUntil: api.waitsUntil,
    };
  }
}
