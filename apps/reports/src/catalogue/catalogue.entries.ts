import { Injectable } from '@nestjs/common';
import { Caches, type Cache } from '@purser/caching';
import { cacheNamespaces, cacheTags, type RequestContract } from '@purser/contracts';
import { Database, IdempotencyKeys } from '@purser/database';
import { DomainError, notFound } from '@purser/errors';
import type { CatalogueKind } from './catalogue-kinds.ts';
import { CatalogueRepository, type StoredDocument } from './catalogue.repository.ts';

/** What every message that writes carries. */
export interface Creation {
  readonly input: unknown;
  readonly actor: { readonly keyId: string };
  readonly idempotencyKey?: string | undefined;
}

/** What every message that removes carries. */
export interface Removal {
  readonly id: string;
  readonly ifMatch?: number | undefined;
}

/** What is stored with an entry beside what its author gave. */
const STORED = ['id', 'createdAt', 'updatedAt'] as const;

/**
 * Entries of the catalogue, whatever their kind. Writes run one after the other, so that what a write has found to be so
 * (a metric exists, a name is free) is so until it is done.
 */
@Injectable()
export class CatalogueEntries {
  readonly #repository: CatalogueRepository;
  readonly #database: Database;
  readonly #keys: IdempotencyKeys;
  readonly #cache: Cache;

  constructor(repository: CatalogueRepository, database: Database, keys: IdempotencyKeys, caches: Caches) {
    this.#repository = repository;
    this.#database = database;
    this.#keys = keys;
    this.#cache = caches.namespace(cacheNamespaces.catalogue);
  }

  /**
   * Runs `work` in a transaction in which nobody else writes to the catalogue; 30 s long at most, or `timeoutMs`. When it
   * resolves, nothing of the catalogue that was cached before is given out any more.
   */
  write<T>(work: () => Promise<T>, timeoutMs?: number): Promise<T> {
    const options = timeoutMs === undefined ? {} : { timeoutMs };
    return this.#database.transaction(async () => {
      await this.#repository.beginWrite();
      await this.#database.afterCommit(() => this.#invalidate());
      return work();
    }, options);
  }

  /** A write that answers a repeat with the same Idempotency-Key what it answered first. */
  async writeOnce<T>(contract: RequestContract, message: Creation, work: () => Promise<T>): Promise<T> {
    const { input, actor, idempotencyKey: key } = message;
    if (key === undefined) return this.write(work);
    const use = { actorKeyId: actor.keyId, subject: contract.subject, key, request: input };
    const { answer, repeated } = await this.#keys.once(use, () => this.write(work));
    // Whoever wrote it the first time may have been ended before it could say so.
    if (repeated) await this.#invalidate();
    return answer;
  }

  /** @throws DomainError `not_found` */
  async get<T>(kind: CatalogueKind, id: string): Promise<T> {
    return JSON.parse((await this.#stored(kind, id)).document) as T;
  }

  /** @throws DomainError `conflict` where there is one with this id, naming `field` */
  async add<T>(kind: CatalogueKind, id: string, fields: object, field: string): Promise<T> {
    if (await this.#repository.find(kind, id)) {
      throw new DomainError('conflict', `${field}: there is a ${kind.name} "${id}" already.`, { field, id });
    }
    return only<T>(await this.#repository.insert(kind, [{ id, fields }]));
  }

  /**
   * What the author of an entry gave, to be changed in the write that runs.
   *
   * @throws DomainError `not_found`, or `precondition_failed` where it has another version than `ifMatch`
   */
  async getForChange<T>(kind: CatalogueKind, id: string, ifMatch: number | undefined): Promise<T> {
    const { revision, document } = await this.#stored(kind, id);
    if (ifMatch !== undefined && ifMatch !== revision) {
      throw new DomainError(
        'precondition_failed',
        `This ${kind.name} has version ${revision} by now; If-Match names version ${ifMatch}.`,
        { id, version: revision },
      );
    }
    return givenFields(kind, document) as T;
  }

  async replace<T>(kind: CatalogueKind, id: string, fields: object): Promise<T> {
    return only<T>(await this.#repository.replace(kind, [{ id, fields }]));
  }

  /** Removes an entry unless `check` refuses it. @throws as `getForChange` and `check` */
  remove(kind: CatalogueKind, { id, ifMatch }: Removal, check?: () => Promise<void>): Promise<Record<string, never>> {
    return this.write(async () => {
      await this.getForChange(kind, id, ifMatch);
      await check?.();
      await this.#repository.remove(kind, [id]);
      return {};
    });
  }

  /** Every write makes a new revision of the whole: lists, counts and sums go with the entry that was written. */
  #invalidate(): Promise<void> {
    return this.#cache.invalidateTags(cacheTags.catalogue);
  }

  async #stored(kind: CatalogueKind, id: string): Promise<StoredDocument> {
    // The database can't even be asked for a text with NUL.
    const found = id.includes('\0') ? undefined : await this.#repository.find(kind, id);
    if (!found) throw notFound(kind.name, id);
    return found;
  }
}

/** Of a document what its author gave. */
export function givenFields(kind: CatalogueKind, document: string): Record<string, unknown> {
  const stored: ReadonlySet<string> = new Set([...STORED, kind.counter]);
  const fields = Object.entries(JSON.parse(document) as object);
  return Object.fromEntries(fields.filter(([name]) => !stored.has(name)));
}

function only<T>(rows: readonly StoredDocument[]): T {
  if (rows.length !== 1) throw new Error(`One row was to be written, ${rows.length} were.`);
  return JSON.parse(rows[0]!.document) as T;
}
