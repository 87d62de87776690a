import { Injectable } from '@nestjs/common';
import { Database } from '@purser/database';
import { v5 as uuidv5 } from 'uuid';
import type { Problem } from '../folders/problems.ts';
import type { KnownFolder, ScannedFolder } from '../folders/work-effort-folder.ts';
import { progressOf } from './progress.ts';

/** A sync that has begun. */
export interface BegunSync {
  readonly path: string;
  /** How many syncs were written by then; another number at the end means that another sync came between. */
  readonly syncs: string;
  /** What is stored of the source, by path. */
  readonly known: ReadonlyMap<string, KnownFolder>;
}

/** What a sync came to: what the folder holds, or why it could not be read; then what is stored stays. */
export interface SyncResult {
  readonly status: 'ok' | 'partial' | 'failed';
  readonly problems: readonly Problem[];
  readonly folders: readonly ScannedFolder[] | null;
}

type Content = NonNullable<ScannedFolder['content']>;
type ChangedFolder = ScannedFolder & { readonly content: Content };

const TRANSACTION_TIMEOUT_MS = 20_000;
/** Work efforts written by one statement. */
const CHUNK = 500;

/*
 * Writes work efforts. In: $1 the source, $2 a JSON array with a column's name for each field. Out: nothing.
 * Locks: the rows written; the source's row is locked before, so that nobody else writes any of them.
 */
const UPSERT_WORK_EFFORTS = `
  INSERT INTO work_efforts (id, source_id, external_id, title, description, status, progress, branch, created_at,
    updated_at, path, hash, problems)
  SELECT id, $1, external_id, title, description, status, progress, branch, created_at, updated_at, path, hash, problems
  FROM json_to_recordset($2::json) AS read (id uuid, external_id text, title text, description text, status text,
    progress smallint, branch text, created_at timestamptz, updated_at timestamptz, path text, hash text, problems jsonb)
  ON CONFLICT (id) DO UPDATE SET title = excluded.title, description = excluded.description, status = excluded.status,
    progress = excluded.progress, branch = excluded.branch, created_at = excluded.created_at,
    updated_at = excluded.updated_at, path = excluded.path, hash = excluded.hash, problems = excluded.problems`;

/* Writes tickets. In: $1 a JSON array with a column's name for each field. Out: nothing. Locks: as above. */
const UPSERT_TICKETS = `
  INSERT INTO tickets (id, work_effort_id, external_id, title, status, sequence)
  SELECT id, work_effort_id, external_id, title, status, sequence
  FROM json_to_recordset($1::json) AS read (id uuid, work_effort_id uuid, external_id text, title text, status text,
    sequence integer)
  ON CONFLICT (id) DO UPDATE SET title = excluded.title, status = excluded.status, sequence = excluded.sequence`;

/** Writes what a source holds. Ids are made from the source's, so that an item that comes back is the same item. */
@Injectable()
export class SyncRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Marks the source as syncing for at most `maxMs`; null where there is none. */
  async begin(sourceId: string, maxMs: number): Promise<BegunSync | null> {
    const [source] = await this.#database.query<{ path: string; syncs: string }>(
      `UPDATE sources SET syncing_until = clock_timestamp() + $2 * interval '1 ms', version = version + 1,
         updated_at = clock_timestamp()
       WHERE id = $1 RETURNING path, syncs`,
      [sourceId, maxMs],
    );
    if (!source) return null;
    // Read after the count of syncs: what another sync writes in between is then noticed at the end.
    const rows = await this.#database.query<KnownFolder & { path: string }>(
      'SELECT path, external_id AS "externalId", hash, problems FROM work_efforts WHERE source_id = $1',
      [sourceId],
    );
    const known = new Map(rows.map(({ path, ...folder }) => [path, folder]));
    return { ...source, known };
  }

  /**
   * Writes all of a sync's result, or nothing.
   *
   * @returns false when another sync was written since this one began, or the source is gone
   */
  async finish(sourceId: string, begun: BegunSync, result: SyncResult): Promise<boolean> {
    return this.#database.transaction(
      async () => {
        const [source] = await this.#database.query<{ syncs: string }>(
          'SELECT syncs FROM sources WHERE id = $1 FOR UPDATE',
          [sourceId],
        );
        if (source?.syncs !== begun.syncs) return false;
        if (result.folders) await this.#write(sourceId, result.folders);
        await this.#database.query(
          `UPDATE sources SET status = $2, problems = $3, work_efforts = coalesce($4, work_efforts),
             synced_at = CASE WHEN $4::integer IS NULL THEN synced_at ELSE clock_timestamp() END,
             syncing_until = NULL, syncs = syncs + 1, version = version + 1, updated_at = clock_timestamp()
           WHERE id = $1`,
          [sourceId, result.status, JSON.stringify(result.problems), result.folders?.length ?? null],
        );
        return true;
      },
      { timeoutMs: TRANSACTION_TIMEOUT_MS },
    );
  }

  async #write(sourceId: string, folders: readonly ScannedFolder[]): Promise<void> {
    const ids = folders.map(({ externalId }) => uuidv5(externalId, sourceId));
    await this.#database.query('DELETE FROM work_efforts WHERE source_id = $1 AND id <> ALL ($2::uuid[])', [
      sourceId,
      ids,
    ]);
    const changed = folders.filter((folder): folder is ChangedFolder => folder.content !== null);
    for (let start = 0; start < changed.length; start += CHUNK) {
      await this.#writeChunk(sourceId, changed.slice(start, start + CHUNK));
    }
  }

  async #writeChunk(sourceId: string, folders: readonly ChangedFolder[]): Promise<void> {
    const workEfforts = folders.map((folder) => workEffortColumns(sourceId, folder));
    const tickets = folders.flatMap((folder) => ticketColumns(uuidv5(folder.externalId, sourceId), folder));
    await this.#database.query(UPSERT_WORK_EFFORTS, [sourceId, JSON.stringify(workEfforts)]);
    await this.#database.query(
      'DELETE FROM tickets WHERE work_effort_id = ANY ($1::uuid[]) AND id <> ALL ($2::uuid[])',
      [workEfforts.map(({ id }) => id), tickets.map(({ id }) => id)],
    );
    await this.#database.query(UPSERT_TICKETS, [JSON.stringify(tickets)]);
  }
}

function workEffortColumns(sourceId: string, folder: ChangedFolder) {
  const { title, description, status, branch, createdAt, updatedAt } = folder.content.workEffort;
  return {
    id: uuidv5(folder.externalId, sourceId),
    external_id: folder.externalId,
    ...{ title, description, status, branch },
    progress: progressOf(folder.content.tickets),
    created_at: createdAt,
    updated_at: updatedAt,
    path: folder.path,
    hash: folder.hash,
    problems: folder.problems,
  };
}

function ticketColumns(workEffortId: string, { content }: ChangedFolder) {
  return content.tickets.map(({ externalId, title, status, sequence }) => ({
    id: uuidv5(externalId, workEffortId),
    work_effort_id: workEffortId,
    external_id: externalId,
    ...{ title, status, sequence },
  }));
}
