import { Injectable } from '@nestjs/common';
import { Database } from '@purser/database';
import { WorkChanges } from '../changes/work-changes.ts';

/** How long a claimed source is left alone when its process dies, or its sync says nothing about the next. */
const CLAIM = '5 minutes';

/*
 * Takes sources whose time has come, the longest waiting first. In: $1 how many at most. Out: their ids and kinds.
 * Locks: their rows; those that somebody else has locked are left out, so that no two replicas take the same.
 */
const CLAIM_DUE = `
  UPDATE sources SET next_sync_at = clock_timestamp() + interval '${CLAIM}' WHERE id IN (
    SELECT id FROM sources
    WHERE next_sync_at <= clock_timestamp() AND NOT disabled
      AND (syncing_until IS NULL OR syncing_until < clock_timestamp())
    ORDER BY next_sync_at LIMIT $1 FOR NO KEY UPDATE SKIP LOCKED)
  RETURNING id, kind`;

/** When sources are to be read by themselves. */
@Injectable()
export class DueSourcesRepository {
  readonly #database: Database;
  readonly #changes: WorkChanges;

  constructor(database: Database, changes: WorkChanges) {
    this.#database = database;
    this.#changes = changes;
  }

  /** The ids of sources that are due; each is handed out once. */
  async claim(most: number): Promise<string[]> {
    const rows = await this.#database.query<{ id: string; kind: string }>(CLAIM_DUE, [most]);
    // Of a folder it is not shown when it is due.
    const shown = rows.filter(({ kind }) => kind !== 'directory');
    await this.#changes.sources(shown.map(({ id }) => id));
    return rows.map(({ id }) => id);
  }

  /** Has a claimed source be due again at once, for whoever has a place for it. */
  async giveBack(id: string): Promise<void> {
    await this.#database.query(
      'UPDATE sources SET next_sync_at = least(next_sync_at, clock_timestamp()) WHERE id = $1',
      [id],
    );
    await this.#changes.sources([id]);
  }
}
