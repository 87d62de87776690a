import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Database } from '@purser/database';
import { DomainError } from '@purser/errors';
import { SecretBox } from '@purser/secrets';

/** One use of an Idempotency-Key; keys of different callers and of different messages have nothing to do with each other. */
export interface IdempotentUse {
  readonly actorKeyId: string;
  readonly subject: string;
  readonly key: string;
  /** Plain JSON. */
  readonly request: unknown;
}

const PURPOSE = 'idempotency.response';
const REMOVED_AT_ONCE = 100;

/**
 * Remembers for 24 hours what was answered to a request with an Idempotency-Key. Answers are sealed, since that to the
 * creation of an API key holds the key.
 */
@Injectable()
export class IdempotencyKeys {
  readonly #database: Database;
  readonly #box: SecretBox;

  constructor(database: Database, box: SecretBox) {
    this.#database = database;
    this.#box = box;
  }

  /**
   * Does the work, or answers what it answered before. To be called inside a transaction that holds the configuration's
   * lock, which keeps two uses of one key apart; a failure is not remembered, since the transaction takes it back.
   *
   * @throws DomainError `idempotency_conflict`
   */
  async once<T>(use: IdempotentUse, work: () => Promise<T>): Promise<T> {
    await this.#removeExpired();
    const requestSha256 = hash('sha256', JSON.stringify(use.request), 'hex');
    const scope = [use.actorKeyId, use.subject, use.key];
    const [known] = await this.#database.query<{ request_sha256: string; sealed_response: string }>(
      `SELECT request_sha256, sealed_response FROM idempotency_keys
        WHERE (actor_key_id, subject, key) = ($1, $2, $3) AND expires_at > clock_timestamp()`,
      scope,
    );
    if (known) return this.#replay(use.key, known, requestSha256) as T;
    const response = await work();
    await this.#database.query(
      `INSERT INTO idempotency_keys (actor_key_id, subject, key, request_sha256, sealed_response, expires_at)
        VALUES ($1, $2, $3, $4, $5, clock_timestamp() + interval '24 hours')
        ON CONFLICT (actor_key_id, subject, key) DO UPDATE SET request_sha256 = excluded.request_sha256,
          sealed_response = excluded.sealed_response, expires_at = excluded.expires_at`,
      [...scope, requestSha256, this.#box.seal(JSON.stringify(response), PURPOSE)],
    );
    return response;
  }

  #replay(key: string, known: { request_sha256: string; sealed_response: string }, requestSha256: string): unknown {
    if (known.request_sha256 === requestSha256) return JSON.parse(this.#box.open(known.sealed_response, PURPOSE));
    throw new DomainError(
      'idempotency_conflict',
      `The Idempotency-Key "${key}" was used with another request before.`,
      {
        idempotencyKey: key,
      },
    );
  }

  async #removeExpired(): Promise<void> {
    await this.#database.query(
      `DELETE FROM idempotency_keys WHERE (actor_key_id, subject, key) IN (
        SELECT actor_key_id, subject, key FROM idempotency_keys
          WHERE expires_at <= clock_timestamp() ORDER BY expires_at LIMIT $1)`,
      [REMOVED_AT_ONCE],
    );
  }
}
