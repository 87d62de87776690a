import { Injectable } from '@nestjs/common';
import { Database } from '@purser/database';
import { v5 as uuidv5 } from 'uuid';
import type { Item, ItemContent, KnownItem } from '../items/item.ts';
import { wordsOf } from '../items/words.ts';
import { progressOf } from '../items/progress.ts';
import { TagLinksRepository } from '../tags/tag-links.repository.ts';

type ChangedItem = Item & { readonly content: ItemContent };

/** Work efforts written by one statement. */
const CHUNK = 500;
/**
 * The most of the words of tickets by which their work effort is found, in bytes: PostgreSQL takes a search vector of 1 MiB,
 * and a word may take four times its bytes in one. Tickets are found by all of theirs.
 */
const MAX_TICKET_WORDS_BYTES = 200_000;

/** The words of the columns that are named, as a vector that weighs them. */
const weighted = (...columns: (readonly [column: string, weight: 'A' | 'B' | 'C' | 'D'])[]): string =>
  columns
    .map(
      ([words, weight]) =>
        `setweight(to_tsvector('simple', ${words}) || to_tsvector('english', ${words}), '${weight}')`,
    )
    .join(' || ');

/*
 * Writes work efforts. In: $1 the source, $2 a JSON array with a column's name for each field. Out: nothing.
 * Locks: the rows written; the source's row is locked before, so that nobody else writes any of them.
 */
const UPSERT_WORK_EFFORTS = `
  INSERT INTO work_efforts (id, source_id, external_id, title, description, status, progress, branch, repository,
    created_at, updated_at, path, hash, problems, search)
  SELECT id, $1, external_id, title, description, status, progress, branch, repository, created_at, updated_at, path,
    hash, problems,
    ${weighted(['named', 'A'], ['tagged', 'B'], ['described', 'C'], ['tickets', 'D'])}
  FROM json_to_recordset($2::json) AS read (id uuid, external_id text, title text, description text, status text,
    progress smallint, branch text, repository text, created_at timestamptz, updated_at timestamptz, path text,
    hash text, problems jsonb, named text, tagged text, described text, tickets text)
  ON CONFLICT (id) DO UPDATE SET title = excluded.title, description = excluded.description, status = excluded.status,
    progress = excluded.progress, branch = excluded.branch, repository = excluded.repository,
    created_at = excluded.created_at, updated_at = excluded.updated_at, path = excluded.path, hash = excluded.hash,
    problems = excluded.problems, search = excluded.search`;

/* Writes tickets. In: $1 a JSON array with a column's name for each field. Out: nothing. Locks: as above. */
const UPSERT_TICKETS = `
  INSERT INTO tickets (id, work_effort_id, external_id, title, status, sequence, parent, assigned_to, created_at,
    search)
  SELECT id, work_effort_id, external_id, title, status, sequence, parent, assigned_to, created_at,
    ${weighted(['named', 'A'], ['placed', 'D'])}
  FROM json_to_recordset($1::json) AS read (id uuid, work_effort_id uuid, external_id text, title text, status text,
    sequence integer, parent text, assigned_to text, created_at timestamptz, named text, placed text)
  ON CONFLICT (id) DO UPDATE SET title = excluded.title, status = excluded.status, sequence = excluded.sequence,
    parent = excluded.parent, assigned_to = excluded.assigned_to, created_at = excluded.created_at,
    search = excluded.search`;

/**
 * Work efforts, tickets and tags in PostgreSQL, as a sync writes them: within its transaction, and with the source's row
 * locked. Ids are made from the source's, so that an item that comes back is the same item.
 */
@Injectable()
export class ItemsRepository {
  readonly #database: Database;
  readonly #tags: TagLinksRepository;

  constructor(database: Database, tags: TagLinksRepository) {
    this.#database = database;
    this.#tags = tags;
  }

  /**
   * Those of the items that are neither stored in a newer state nor gone for good: see {@link forget}. What a reading found
   * gone, the next one may find again.
   */
  async notOvertaken(sourceId: string, items: readonly Item[], by: 'reading' | 'telling'): Promise<readonly Item[]> {
    const rows = await this.#database.query<{ externalId: string; updatedAt: Date | null }>(
      `SELECT external_id AS "externalId", updated_at AS "updatedAt" FROM work_efforts
       WHERE source_id = $1 AND external_id = ANY ($2::text[])
       UNION ALL SELECT external_id, NULL FROM removed_items
       WHERE source_id = $1 AND external_id = ANY ($2::text[]) AND NOT (by_reading AND $3)`,
      [sourceId, items.map(({ externalId }) => externalId), by === 'reading'],
    );
    const stored = new Map(rows.map(({ externalId, updatedAt }) => [externalId, updatedAt?.getTime() ?? Infinity]));
    return items.filter(({ externalId, content }) => {
      const storedAt = stored.get(externalId) ?? -Infinity;
      return content === null || storedAt <= content.updatedAt.getTime();
    });
  }

  /**
   * Remembers for a week that the items are gone for good: whoever was told of them before does not bring them back, nor,
   * unless it was a reading that found them gone, does one that began before.
   */
  async forget(sourceId: string, externalIds: readonly string[], by: 'reading' | 'telling'): Promise<void> {
    if (externalIds.length === 0) return;
    await this.#database.query(
      `WITH expired AS (
         DELETE FROM removed_items WHERE source_id = $1 AND removed_at < clock_timestamp() - interval '7 days'
           AND external_id <> ALL ($2::text[])
       )
       INSERT INTO removed_items AS known (source_id, external_id, by_reading) SELECT $1, external_id, $3 FROM unnest($2::text[]) external_id
       ON CONFLICT (source_id, external_id) DO UPDATE
         SET removed_at = clock_timestamp(), by_reading = known.by_reading AND excluded.by_reading`,
      [sourceId, externalIds, by === 'reading'],
    );
  }

  /** Takes back that a reading found the items gone. */
  async remember(sourceId: string, externalIds: readonly string[]): Promise<void> {
    await this.#database.query(
      'DELETE FROM removed_items WHERE source_id = $1 AND by_reading AND external_id = ANY ($2::text[])',
      [sourceId, externalIds],
    );
  }

  /**
   * Writes the items that have changed, and removes those with the external ids `gone`.
   *
   * @returns the ids of the work efforts that are not as they were
   */
  async write(sourceId: string, items: readonly Item[], gone: readonly string[]): Promise<string[]> {
    const changed = items.filter((item): item is ChangedItem => item.content !== null);
    const idOf = (externalId: string) => uuidv5(externalId, sourceId);
    const goneIds = gone.map(idOf);
    const left = goneIds.length > 0 ? await this.#tags.tagsOf(sourceId, goneIds) : [];
    if (goneIds.length > 0) await this.#remove(goneIds);
    for (let start = 0; start < changed.length; start += CHUNK) {
      await this.#writeChunk(sourceId, changed.slice(start, start + CHUNK));
    }
    const tagged = changed.map(({ externalId, content }) => ({ id: idOf(externalId), tags: content.tags }));
    await this.#tags.write(tagged, left);
    return [...goneIds, ...tagged.map(({ id }) => id)];
  }

  /** Writes the stamps that are not as they are known. */
  async writeStamps(sourceId: string, items: readonly Item[], known: ReadonlyMap<string, KnownItem>): Promise<void> {
    const changed = items.filter(({ externalId, stamp }) => (stamp ?? null) !== (known.get(externalId)?.stamp ?? null));
    const idsOf = (some: readonly Item[]) => some.map(({ externalId }) => uuidv5(externalId, sourceId));
    const { stamped = [], unstamped = [] } = Object.groupBy(changed, ({ stamp }) =>
      stamp == null ? 'unstamped' : 'stamped',
    );
    if (unstamped.length > 0)
      await this.#database.query('DELETE FROM work_effort_stamps WHERE work_effort_id = ANY ($1::uuid[])', [
        idsOf(unstamped),
      ]);
    if (stamped.length > 0)
      await this.#database.query(
        `INSERT INTO work_effort_stamps (work_effort_id, stamp) SELECT * FROM unnest($1::uuid[], $2::text[])
         ON CONFLICT (work_effort_id) DO UPDATE SET stamp = excluded.stamp`,
        [idsOf(stamped), stamped.map(({ stamp }) => stamp)],
      );
  }

  async #remove(ids: readonly string[]): Promise<void> {
    await this.#database.query('DELETE FROM work_efforts WHERE id = ANY ($1::uuid[])', [ids]);
  }

  async #writeChunk(sourceId: string, items: readonly ChangedItem[]): Promise<void> {
    const workEfforts = items.map((item) => workEffortColumns(sourceId, item));
    const tickets = items.flatMap((item) => ticketColumns(uuidv5(item.externalId, sourceId), item));
    await this.#database.query(UPSERT_WORK_EFFORTS, [sourceId, JSON.stringify(workEfforts)]);
    await this.#database.query(
      'DELETE FROM tickets WHERE work_effort_id = ANY ($1::uuid[]) AND id <> ALL ($2::uuid[])',
      [workEfforts.map(({ id }) => id), tickets.map(({ id }) => id)],
    );
    await this.#database.query(UPSERT_TICKETS, [JSON.stringify(tickets)]);
  }
}

function workEffortColumns(sourceId: string, item: ChangedItem) {
  const { title, description, status, branch, repository, createdAt, updatedAt, tickets } = item.content;
  return {
    id: uuidv5(item.externalId, sourceId),
    external_id: item.externalId,
    ...{ title, description, status, branch, repository },
    progress: progressOf(tickets, item.content.unreadTickets),
    created_at: createdAt,
    updated_at: updatedAt,
    path: item.path,
    hash: item.hash,
    problems: item.problems,
    named: words(title, item.externalId),
    tagged: words(...item.content.tags, branch, repository),
    described: words(description),
    tickets: atMost(MAX_TICKET_WORDS_BYTES, words(...tickets.flatMap((ticket) => [ticket.externalId, ticket.title]))),
  };
}

function ticketColumns(workEffortId: string, { content }: ChangedItem) {
  return content.tickets.map(({ externalId, title, status, sequence, parent, assignedTo, createdAt }) => ({
    id: uuidv5(externalId, workEffortId),
    work_effort_id: workEffortId,
    external_id: externalId,
    ...{ title, status, sequence, parent },
    assigned_to: assignedTo,
    created_at: createdAt,
    named: words(title, externalId),
    placed: words(parent, assignedTo),
  }));
}

function words(...texts: readonly (string | null)[]): string {
  return texts.flatMap((text) => (text === null ? [] : wordsOf(text))).join(' ');
}

/** The first words that fit. */
function atMost(bytes: number, text: string): string {
  if (Buffer.byteLength(text) <= bytes) return text;
  const kept = Buffer.from(text).toString('utf8', 0, bytes);
  return kept.slice(0, kept.lastIndexOf(' '));
}
