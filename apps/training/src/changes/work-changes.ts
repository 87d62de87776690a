import { Injectable } from '@nestjs/common';
import { Caches, type Cache } from '@purser/caching';
import { cacheNamespaces, cacheTags } from '@purser/contracts';
import { Database } from '@purser/database';
import { githubAnswers } from '../github/github-answers.ts';

/** Work efforts that are named one by one; of more, everything is forgotten at once, which is one short message too. */
const MAX_NAMED = 100;

/**
 * Says what is no longer true, to whoever has cached it: this service, its other replicas, gateways. Whoever writes sources
 * or work efforts says so here, in the transaction that it writes in, once for all that it writes. It is told after the
 * commit, and never where there is none; the transaction ends when it was told, so that who is answered reads what they wrote.
 */
@Injectable()
export class WorkChanges {
  readonly #database: Database;
  readonly #work: Cache;
  readonly #github: Cache;

  constructor(database: Database, caches: Caches) {
    this.#database = database;
    this.#work = caches.namespace(cacheNamespaces.workEfforts);
    this.#github = githubAnswers(caches);
  }

  /** Sources are not what they were; nothing of the work that they hold has changed. */
  async sources(ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await this.#forget(cacheTags.sources, ...ids.map(cacheTags.source));
  }

  /** A source was read, or told something: it has changed, and so have these work efforts of it. */
  async read(sourceId: string, workEffortIds: readonly string[]): Promise<void> {
    if (workEffortIds.length === 0) return this.sources([sourceId]);
    if (workEffortIds.length > MAX_NAMED) return this.#forgetAll();
    const { sources, source, workEfforts, workEffort } = cacheTags;
    await this.#forget(sources, source(sourceId), workEfforts, ...workEffortIds.map(workEffort));
  }

  /** A source has another token: what was fetched with the old one may be none of the new one's business. */
  async credentials(sourceId: string): Promise<void> {
    await this.#forgetFetched(sourceId);
    await this.sources([sourceId]);
  }

  /** A source is gone, with all its work. */
  async removed(sourceId: string): Promise<void> {
    await this.#forgetFetched(sourceId);
    await this.#forgetAll();
  }

  #forget(...tags: readonly string[]): Promise<void> {
    return this.#database.afterCommit(() => this.#work.invalidateTags(...tags));
  }

  #forgetAll(): Promise<void> {
    return this.#database.afterCommit(() => this.#work.clear());
  }

  #forgetFetched(sourceId: string): Promise<void> {
    return this.#database.afterCommit(() => this.#github.invalidateTags(cacheTags.source(sourceId)));
  }
}
