import { Injectable } from '@nestjs/common';
import { Database } from '@purser/database';

/** A source that takes webhooks. */
export interface WebhookSource {
  readonly id: string;
  /** As it was given. */
  readonly repository: string;
  readonly sealedWebhookSecret: string;
  readonly disabled: boolean;
  /** The repository's id and name as GitHub last told; null before its first reading. */
  readonly repositoryId: number | null;
  readonly fullName: string | null;
}

/** Deliveries remembered of each source; those before may be repeated, and change nothing either, being old. */
const REMEMBERED = 10_000;

/*
 * Remembers a delivery for a week, and forgets what is older or too much. In: $1 the source, $2 the delivery, $3 the
 * body's SHA-256. Out: a row where it is new; the same body under another id is not. Locks: the rows written.
 */
const REMEMBER = `
  WITH expired AS (
    DELETE FROM webhook_deliveries WHERE source_id = $1 AND received_at < greatest(
      clock_timestamp() - interval '7 days',
      (SELECT received_at FROM webhook_deliveries WHERE source_id = $1
       ORDER BY received_at DESC OFFSET ${REMEMBERED} LIMIT 1))
  )
  INSERT INTO webhook_deliveries (source_id, delivery, body_sha256) VALUES ($1, $2, $3)
  ON CONFLICT DO NOTHING RETURNING delivery`;

/** Which sources take webhooks, and which deliveries have come. */
@Injectable()
export class WebhooksRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The sources that have a webhook secret, the oldest first, at most `most`. */
  sources(most: number): Promise<WebhookSource[]> {
    return this.#database.query<WebhookSource & Record<string, unknown>>(
      `SELECT id, repository, sealed_webhook_secret AS "sealedWebhookSecret", disabled,
         (bookmark #>> '{repository,id}')::double precision AS "repositoryId",
         bookmark #>> '{repository,fullName}' AS "fullName"
       FROM sources WHERE kind = 'github' AND sealed_webhook_secret IS NOT NULL ORDER BY created_at, id LIMIT $1`,
      [most],
    );
  }

  /** Whether the delivery is new. Forgotten again when the transaction fails. */
  async remember(sourceId: string, delivery: string, bodySha256: string): Promise<boolean> {
    const rows = await this.#database.query(REMEMBER, [sourceId, delivery, bodySha256]);
    return rows.length > 0;
  }

  /** Has the source read soon; with `all`, all of it. */
  async askForReading(sourceId: string, all: boolean): Promise<void> {
    await this.#database.query(
      `UPDATE sources SET next_sync_at = clock_timestamp(),
         stale_since = CASE WHEN $2 THEN clock_timestamp() ELSE stale_since END
       WHERE id = $1`,
      [sourceId, all],
    );
  }
}
