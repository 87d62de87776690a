import { Injectable } from '@nestjs/common';
import { Database } from '@purser/database';
import { WorkChanges } from '../changes/work-changes.ts';

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

/** Sources read at a time. */
const PAGE = 200;

/*
 * Remembers a delivery for a week, and forgets what is older or too much. In: $1 the source, $2 the delivery, $3 the
 * body's SHA-256. Out: a row where it is new, which says whether the same body came under another id. Locks: the rows
 * written.
 */
const REMEMBER = `
  WITH expired AS (
    DELETE FROM webhook_deliveries WHERE source_id = $1 AND received_at < greatest(
      clock_timestamp() - interval '7 days',
      (SELECT received_at FROM webhook_deliveries WHERE source_id = $1
       ORDER BY received_at DESC OFFSET ${REMEMBERED} LIMIT 1))
  )
  INSERT INTO webhook_deliveries (source_id, delivery, body_sha256) VALUES ($1, $2, $3)
  ON CONFLICT DO NOTHING
  RETURNING EXISTS (
    SELECT FROM webhook_deliveries WHERE source_id = $1 AND body_sha256 = $3 AND delivery <> $2) AS "sameBody"`;

/* A page of the sources that have a webhook secret. In: $1 and $2 the last of the page before. Out: sources. Locks: none. */
const SOURCES = `
  SELECT id, repository, sealed_webhook_secret AS "sealedWebhookSecret", disabled,
    (bookmark #>> '{repository,id}')::double precision AS "repositoryId",
    bookmark #>> '{repository,fullName}' AS "fullName"
  FROM sources WHERE kind = 'github' AND sealed_webhook_secret IS NOT NULL AND (disabled, id) > ($1, $2::uuid)
  ORDER BY disabled, id LIMIT ${PAGE}`;

const BEFORE_ALL = { disabled: false, id: '00000000-0000-0000-0000-000000000000' } as const;

/** Which sources take webhooks, and which deliveries have come. */
@Injectable()
export class WebhooksRepository {
  readonly #database: Database;
  readonly #changes: WorkChanges;

  constructor(database: Database, changes: WorkChanges) {
    this.#database = database;
    this.#changes = changes;
  }

  /** All sources that have a webhook secret, the enabled first; how many there may be, their creation bounds. */
  async *sources(): AsyncGenerator<WebhookSource> {
    let last: Pick<WebhookSource, 'disabled' | 'id'> = BEFORE_ALL;
    for (;;) {
      const { disabled, id } = last;
      const page = await this.#database.query<WebhookSource & Record<string, unknown>>(SOURCES, [disabled, id]);
      yield* page;
      if (page.length < PAGE) return;
      last = page.at(-1)!;
    }
  }

  /**
   * Remembers the delivery, or says that it was `known`. One that is new may have the `same-body` as another. Forgotten
   * again when the transaction fails.
   */
  async remember(sourceId: string, delivery: string, bodySha256: string): Promise<'new' | 'same-body' | 'known'> {
    const [added] = await this.#database.query<{ sameBody: boolean }>(REMEMBER, [sourceId, delivery, bodySha256]);
    if (added === undefined) return 'known';
    return added.sameBody ? 'same-body' : 'new';
  }

  /** Has the source read soon; with `all`, all of it. */
  async askForReading(sourceId: string, all: boolean): Promise<void> {
    await this.#database.query(
      `UPDATE sources SET next_sync_at = clock_timestamp(),
         stale_since = CASE WHEN $2 THEN clock_timestamp() ELSE stale_since END
       WHERE id = $1`,
      [sourceId, all],
    );
    await this.#changes.sources([sourceId]);
  }
}
