import { Injectable } from '@nestjs/common';
import { Caches, type Cache } from '@purser/caching';
import { cacheNamespaces, cacheTags, configurationChanged, type RequestContract } from '@purser/contracts';
import { Database, IdempotencyKeys } from '@purser/database';
import { MessageClient } from '@purser/messaging';
import { Acknowledgements } from './acknowledgements.ts';
import { ConfigurationDraft } from './configuration.draft.ts';
import { ConfigurationRepository } from './configuration.repository.ts';

/** A change of stored rows, which notes in the draft what gateways must know of it. */
export type Change<T> = (draft: ConfigurationDraft) => Promise<T>;

/** The part of a create message that the writer looks at. */
export interface CreateMessage {
  readonly input: unknown;
  readonly actor: { readonly keyId: string };
  readonly idempotencyKey?: string | undefined;
}

/**
 * Every write to accounts, keys, budgets, providers, models and routes goes through here: one transaction for the rows,
 * the configuration's entries and its version; then what was cached of it is invalidated, the change is published, and the
 * write answers once every live session has acknowledged it, or after a second. Writes run one after the other, over all replicas, so a change may
 * check first and write then.
 */
@Injectable()
export class ConfigurationWriter {
  readonly #database: Database;
  readonly #repository: ConfigurationRepository;
  readonly #idempotency: IdempotencyKeys;
  readonly #acknowledgements: Acknowledgements;
  readonly #messages: MessageClient;
  readonly #cache: Cache;

  constructor(
    database: Database,
    repository: ConfigurationRepository,
    idempotency: IdempotencyKeys,
    acknowledgements: Acknowledgements,
    messages: MessageClient,
    caches: Caches,
  ) {
    this.#database = database;
    this.#repository = repository;
    this.#idempotency = idempotency;
    this.#acknowledgements = acknowledgements;
    this.#messages = messages;
    this.#cache = caches.namespace(cacheNamespaces.configuration);
  }

  /** Runs the change; one that drafts nothing leaves the version as it is. */
  async write<T>(change: Change<T>): Promise<T> {
    const { result, version, changed } = await this.#database.transaction(async () => {
      const current = await this.#repository.lock();
      // Also for a repeat, which changes nothing: whoever wrote it first may have been ended before it could say so. And
      // before the change is published: a gateway that acknowledges it has heard this too.
      await this.#database.afterCommit(() => this.#cache.invalidateTags(cacheTags.configuration));
      const draft = new ConfigurationDraft();
      const result = await change(draft);
      const changed = draft.entries.length > 0;
      return { result, changed, version: changed ? await this.#repository.record(draft.entries) : current };
    });
    if (changed) this.#messages.publish(configurationChanged, { version });
    await this.#acknowledgements.wait(version);
    return result;
  }

  /**
   * Runs the change of a create message once for each idempotency key: a repeat answers what the first one answered.
   *
   * @param change its result must be plain JSON
   * @throws DomainError `idempotency_conflict` where the key was used with another input
   */
  create<T>(contract: RequestContract, message: CreateMessage, change: Change<T>): Promise<T> {
    const { input, actor, idempotencyKey: key } = message;
    if (key === undefined) return this.write(change);
    const use = { actorKeyId: actor.keyId, subject: contract.subject, key, request: input };
    return this.write(async (draft) => (await this.#idempotency.once(use, () => change(draft))).answer);
  }
}
