import { Injectable } from '@nestjs/common';
import { Database } from '@purser/database';
import { WorkChanges } from '../changes/work-changes.ts';
import type { Item, KnownItem } from '../items/item.ts';
import { orderedProblems, type Problem } from '../items/problems.ts';
import { SourceEntity } from '../sources/source.entity.ts';
import { ItemsRepository } from './items.repository.ts';
import type { Reading } from './source-reader.ts';

/** A sync that has begun. */
export interface BegunSync {
  readonly source: SourceEntity;
  /** How many syncs were written by then; another number at the end means that another sync came between. */
  readonly syncs: string;
  readonly bookmark: unknown;
  /** What is stored of the source's items, by their external ids. */
  readonly known: ReadonlyMap<string, KnownItem>;
}

/** Why a source could not be read; what is stored of it stays. */
export interface FailedReading {
  readonly failure: Problem;
}

const TRANSACTION_TIMEOUT_MS = 20_000;

/** Where a source's sync stands. */
@Injectable()
export class SyncRepository {
  readonly #database: Database;
  readonly #items: ItemsRepository;
  readonly #changes: WorkChanges;

  constructor(database: Database, items: ItemsRepository, changes: WorkChanges) {
    this.#database = database;
    this.#items = items;
    this.#changes = changes;
  }

  /** Marks the source as syncing for at most `maxMs`; null where there is none, or none that is enabled. */
  async begin(sourceId: string, maxMs: number): Promise<BegunSync | null> {
    const [begun] = await this.#database.query<{ syncs: string; bookmark: unknown }>(
      `UPDATE sources SET syncing_until = clock_timestamp() + $2 * interval '1 ms'
       WHERE id = $1 AND NOT disabled RETURNING syncs, bookmark`,
      [sourceId, maxMs],
    );
    // Read after the count of syncs: what another sync writes in between is then noticed at the end.
    const source = begun && (await this.#database.repository(SourceEntity).findOneBy({ id: sourceId }));
    if (!source) return null;
    // That a source is being read shows only where it never was before.
    if (source.status === 'new') await this.#changes.sources([sourceId]);
    const rows = await this.#database.query<{ [K in keyof KnownItem]: KnownItem[K] }>(
      `SELECT external_id AS "externalId", path, hash, stamp, problems
       FROM work_efforts LEFT JOIN work_effort_stamps ON work_effort_id = id WHERE source_id = $1`,
      [sourceId],
    );
    return { source, ...begun, known: new Map(rows.map((item) => [item.externalId, item])) };
  }

  /**
   * Writes all that a sync has read, or nothing.
   *
   * @returns false when another sync was written since this one began, or the source is gone or disabled
   */
  async finish(begun: BegunSync, reading: Reading | FailedReading): Promise<boolean> {
    const sourceId = begun.source.id;
    return this.#database.transaction(
      async () => {
        const [source] = await this.#database.query<{ syncs: string; disabled: boolean }>(
          'SELECT syncs, disabled FROM sources WHERE id = $1 FOR UPDATE',
          [sourceId],
        );
        if (source?.disabled) {
          // Or it would seem to be read for a while after it is enabled again, and nobody would read it.
          await this.#database.query('UPDATE sources SET syncing_until = NULL WHERE id = $1', [sourceId]);
          return false;
        }
        if (source?.syncs !== begun.syncs) return false;
        if ('failure' in reading) await this.#markFailed(sourceId, reading.failure);
        else await this.#write(begun, reading);
        return true;
      },
      { timeoutMs: TRANSACTION_TIMEOUT_MS },
    );
  }

  async #write({ source: { id }, known }: BegunSync, reading: Reading): Promise<void> {
    const { problems, gone } = compare(known, reading);
    const items = reading.overtakable ? await this.#whatHolds(id, reading) : reading.items;
    await this.#changes.read(id, await this.#items.write(id, items, gone));
    await this.#items.writeStamps(id, items, known);
    await this.#database.query(
      `UPDATE sources SET status = $2, problems = $3, bookmark = $4,
         work_efforts = (SELECT count(*) FROM work_efforts WHERE source_id = $1),
         synced_at = CASE WHEN $5 THEN synced_at ELSE clock_timestamp() END,
         next_sync_at = CASE WHEN next_sync_at <= clock_timestamp() THEN next_sync_at ELSE coalesce($6, next_sync_at) END,
         syncing_until = NULL, syncs = syncs + 1
       WHERE id = $1`,
      [
        id,
        problems.length > 0 ? 'partial' : 'ok',
        JSON.stringify(problems),
        reading.bookmark == null ? null : JSON.stringify(reading.bookmark),
        reading.unasked ?? false,
        reading.nextSyncAt ?? null,
      ],
    );
  }

  /** What a reading found that nobody told something newer of meanwhile; what it found gone is not told back in. */
  async #whatHolds(sourceId: string, { items, removed = [] }: Reading): Promise<readonly Item[]> {
    const held = await this.#items.notOvertaken(sourceId, items, 'reading');
    await this.#items.remember(
      sourceId,
      held.map(({ externalId }) => externalId),
    );
    await this.#items.forget(sourceId, removed, 'reading');
    return held;
  }

  async #markFailed(sourceId: string, failure: Problem): Promise<void> {
    await this.#changes.sources([sourceId]);
    await this.#database.query(
      `UPDATE sources SET status = 'failed', problems = $2, syncing_until = NULL, syncs = syncs + 1
       WHERE id = $1`,
      [sourceId, JSON.stringify([failure])],
    );
  }
}

/** What a source's problems are by a reading, those of items that it leaves as they are among them, and which items go. */
function compare(
  known: ReadonlyMap<string, KnownItem>,
  reading: Reading,
): { problems: readonly Problem[]; gone: readonly string[] } {
  const left = new Map<string, Pick<KnownItem, 'problems'>>(reading.complete ? [] : known);
  for (const externalId of reading.removed ?? []) left.delete(externalId);
  for (const item of reading.items) left.set(item.externalId, item);
  const problems = [...reading.problems, ...[...left.values()].flatMap((item) => item.problems)];
  return {
    problems: orderedProblems(problems),
    gone: [...known.keys()].filter((externalId) => !left.has(externalId)),
  };
}
