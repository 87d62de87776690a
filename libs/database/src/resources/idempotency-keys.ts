import { hash } from 'node:crypto';
import { DomainError } from '@purser/errors';
import type { Database } from '../core/database.ts';

/** One use of an Idempotency-Key; keys of different callers and of different messages have nothing to do with each other. */
export interface IdempotentUse {
  readonly actorKeyId: string;
  readonly subject: string;
  readonly key: string;
  /** Plain JSON. */
  readonly request: unknown;
}

/** How answers are kept: `seal` makes the text that is stored, `open` takes it back. */
export interface AnswerSeal {
  seal(answer: string): string;
  open(sealed: string): string;
}

/** The table, for a migration of the service's schema. */
export const IDEMPOTENCY_KEYS_TABLE = `
      CREATE TABLE idempotency_keys (
        actor_key_id uuid NOT NULL,
        subject text NOT NULL,
        key text NOT NULL,
        request_sha256 text NOT NULL,
        response text,
        expires_at timestamptz NOT NULL,
        PRIMARY KEY (actor_key_id, subject, key)
      );
      CREATE INDEX idempotency_keys_expiry ON idempotency_keys (expires_at)`;

const REMOVED_AT_ONCE = 100;
const inTheClear: AnswerSeal = { seal: (answer) => answer, open: (sealed) => sealed };

/** Remembers for 24 hours what was answered to a request with an Idempotency-Key. */
export class IdempotencyKeys {
  readonly #database: Database;
  readonly #seal: AnswerSeal;

  /** @param seal for answers that hold secrets; in the clear by default */
  constructor(database: Database, seal: AnswerSeal = inTheClear) {
    this.#database = database;
    this.#seal = seal;
  }

  /**
   * Does `work`, or answers what was answered before. A second use waits for the end of a first that is still at work;
   * a failure is not remembered, since its transaction is rolled back. `work` answers plain JSON.
   *
   * @throws DomainError `idempotency_conflict` for a key that was used with another request
   */
  async once<T>(use: IdempotentUse, work: () => Promise<T>): Promise<{ answer: T; repeated: boolean }> {
    await this.#removeExpired();
    const requestSha256 = hash('sha256', JSON.stringify(use.request), 'hex');
    return this.#database.transaction(async () => {
      if (!(await this.#claim(use, requestSha256)))
        return { answer: await this.#replay<T>(use, requestSha256), repeated: true };
      const answer = await work();
      await this.remember(use, answer);
      return { answer, repeated: false };
    });
  }

  /** Replaces what a later use of the key is answered. */
  async remember(use: IdempotentUse, answer: unknown): Promise<void> {
    await this.#database.query(
      'UPDATE idempotency_keys SET response = $4 WHERE (actor_key_id, subject, key) = ($1, $2, $3)',
      [use.actorKeyId, use.subject, use.key, this.#seal.seal(JSON.stringify(answer))],
    );
  }

  /** Whether the key is ours to use: new, or of a use that is forgotten. Waits where another transaction has it. */
  async #claim(use: IdempotentUse, requestSha256: string): Promise<boolean> {
    const rows = await this.#database.query(
      `INSERT INTO idempotency_keys AS known (actor_key_id, subject, key, request_sha256, expires_at)
       VALUES ($1, $2, $3, $4, clock_timestamp() + interval '24 hours')
       ON CONFLICT (actor_key_id, subject, key) DO UPDATE
         SET request_sha256 = excluded.request_sha256, response = NULL, expires_at = excluded.expires_at
         WHERE known.expires_at <= clock_timestamp()
       RETURNING key`,
      [use.actorKeyId, use.subject, use.key, requestSha256],
    );
    return rows.length > 0;
  }

  async #replay<T>(use: IdempotentUse, requestSha256: string): Promise<T> {
    const [known] = await this.#database.query<{ request_sha256: string; response: string }>(
      'SELECT request_sha256, response FROM idempotency_keys WHERE (actor_key_id, subject, key) = ($1, $2, $3)',
      [use.actorKeyId, use.subject, use.key],
    );
    if (known?.request_sha256 === requestSha256) return JSON.parse(this.#seal.open(known.response)) as T;
    throw new DomainError(
      'idempotency_conflict',
      `The Idempotency-Key "${use.key}" was used with another request before.`,
      { idempotencyKey: use.key },
    );
  }

  async #removeExpired(): Promise<void> {
    await this.#database.query(
      `DELETE FROM idempotency_keys WHERE (actor_key_id, subject, key) IN (
         SELECT actor_key_id, subject, key FROM idempotency_keys
         WHERE expires_at <= clock_timestamp() ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED)`,
      [REMOVED_AT_ONCE],
    );
  }
}
