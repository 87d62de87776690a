import { Injectable } from '@nestjs/common';
import { Database } from '@purser/database';
import type { CatalogueKind } from './catalogue-kinds.ts';

/** An entry to be written: its id, and its fields but for those that are counted and stamped here. */
export interface NewDocument {
  readonly id: string;
  readonly fields: object;
}

/** An entry as it is stored. */
export interface StoredDocument {
  readonly key: string;
  readonly revision: number;
  /** The resource as it is answered, in JSON. */
  readonly document: string;
}

/** A condition on a column of `entry`, left out where the value is undefined. */
export interface EntryCondition {
  readonly condition: (parameter: string) => string;
  readonly value: unknown;
}

export interface EntryPageQuery {
  readonly where: readonly EntryCondition[];
  /** A column, with `-` in front for descending order. */
  readonly sort: string;
  readonly limit: number;
  readonly offset: number;
  /** What else to read of an `entry`, in SQL. */
  readonly also: string;
}

export interface EntryRow {
  readonly document: string;
  readonly also: unknown;
}

export interface EntryPage {
  readonly rows: readonly EntryRow[];
  readonly total: number;
  /** Of the catalogue. */
  readonly revision: string;
}

const STAMPED = (counter: string, revision: string, createdAt: string): string => `
  (left(given.fields, -1) || format(',"${counter}":%s,"createdAt":"%s","updatedAt":"%s"}', ${revision},
    ${iso(createdAt)}, ${iso('now.at')}))::json`;

function iso(instant: string): string {
  return `to_char(${instant} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}

const GIVEN = `json_to_recordset($1::json) AS given (key text, fields text),
    (SELECT date_trunc('milliseconds', clock_timestamp()) AS at) AS now`;

/** The rows of the catalogue, all three kinds, in PostgreSQL. Runs in the transaction that is open, if one is. */
@Injectable()
export class CatalogueRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Has everybody else who writes to the catalogue wait until the transaction ends, and counts the write.
   * In: nothing. Out: nothing. Locks: the row of `catalogue`, before anything else.
   */
  async beginWrite(): Promise<void> {
    await this.#database.query('UPDATE catalogue SET revision = revision + 1');
  }

  /** Lets names of domains be taken and given up in any order, and has them looked at when the transaction ends. Locks: none. */
  async deferNames(): Promise<void> {
    await this.#database.query('SET CONSTRAINTS domains_name DEFERRED');
  }

  /** How many writes there have been, as text. */
  async revision(): Promise<string> {
    const [row] = await this.#database.query<{ revision: string }>({
      name: 'catalogue.revision',
      text: 'SELECT revision FROM catalogue',
    });
    return row!.revision;
  }

  async find({ name, table }: CatalogueKind, id: string): Promise<StoredDocument | undefined> {
    const [row] = await this.#database.query<StoredDocument>(
      { name: `catalogue.find.${name}`, text: `SELECT key, revision, document::text FROM ${table} WHERE key = $1` },
      [id],
    );
    return row;
  }

  /**
   * A page of entries, and how many there are in all. In: what columns have to be equal to, or conditions of one's own; the
   * order, where the key decides among equals. Out: rows, the total, the catalogue's revision. Locks: none.
   */
  async page({ table }: CatalogueKind, query: EntryPageQuery): Promise<EntryPage> {
    const asked = query.where.filter(({ value }) => value !== undefined);
    const where = asked.map(({ condition }, index) => condition(`$${index + 3}`)).join(' AND ') || 'true';
    const direction = query.sort.startsWith('-') ? 'DESC' : 'ASC';
    const order = `${query.sort.replace('-', '')} ${direction}, key ${direction}`;
    const [page] = await this.#database.query<{ total: string; revision: string; rows: EntryRow[] | null }>(
      `SELECT (SELECT revision FROM catalogue) AS revision, (SELECT count(*) FROM ${table} AS entry WHERE ${where}) AS total,
        (SELECT json_agg(shown) FROM (
          SELECT document::text, ${query.also} AS also FROM ${table} AS entry WHERE ${where} ORDER BY ${order}
          LIMIT $1 OFFSET $2) AS shown) AS rows`,
      [query.limit, query.offset, ...asked.map(({ value }) => value)],
    );
    return { total: Number(page!.total), revision: page!.revision, rows: page!.rows ?? [] };
  }

  /** Entries after one, in the order of their keys. In: the last key, the most. Out: at most so many. Locks: none. */
  after({ name, table }: CatalogueKind, key: string, limit: number): Promise<StoredDocument[]> {
    return this.#database.query<StoredDocument>(
      {
        name: `catalogue.after.${name}`,
        text: `SELECT key, revision, document::text FROM ${table} WHERE key > $1 ORDER BY key LIMIT $2`,
      },
      [key, limit],
    );
  }

  /** Those of the ids that exist, as they are stored. */
  findAll({ table }: CatalogueKind, ids: readonly string[]): Promise<StoredDocument[]> {
    return this.#database.query<StoredDocument>(
      `SELECT key, revision, document::text FROM ${table} WHERE key = ANY($1)`,
      [ids],
    );
  }

  /** All ids of a kind. */
  async keys({ table }: CatalogueKind): Promise<string[]> {
    const rows = await this.#database.query<{ key: string }>(`SELECT key FROM ${table} ORDER BY key`);
    return rows.map(({ key }) => key);
  }

  /** Those of the ids that exist, in no order. */
  async existing({ table }: CatalogueKind, ids: readonly string[]): Promise<Set<string>> {
    const rows = await this.#database.query<{ key: string }>(`SELECT key FROM ${table} WHERE key = ANY($1)`, [ids]);
    return new Set(rows.map(({ key }) => key));
  }

  /**
   * Adds entries. In: $1 a JSON array of {key, fields}, the fields as JSON text. Out: the documents as stored, in no order.
   * Locks: each new row until commit.
   */
  insert(kind: CatalogueKind, entries: readonly NewDocument[]): Promise<StoredDocument[]> {
    return this.#database.query<StoredDocument>(
      `INSERT INTO ${kind.table} (key, revision, created_at, updated_at, document)
       SELECT given.key, 1, now.at, now.at, ${STAMPED(kind.counter, '1', 'now.at')} FROM ${GIVEN}
       RETURNING key, revision, document::text`,
      [given(entries)],
    );
  }

  /** Replaces entries that exist, each of which counts one more change. In, out, locks: as `insert`. */
  replace(kind: CatalogueKind, entries: readonly NewDocument[]): Promise<StoredDocument[]> {
    return this.#database.query<StoredDocument>(
      `UPDATE ${kind.table} AS stored
       SET revision = stored.revision + 1, updated_at = now.at,
         document = ${STAMPED(kind.counter, '(stored.revision + 1)', 'stored.created_at')}
       FROM ${GIVEN} WHERE stored.key = given.key
       RETURNING stored.key, stored.revision, stored.document::text`,
      [given(entries)],
    );
  }

  async remove({ table }: CatalogueKind, ids: readonly string[]): Promise<void> {
    await this.#database.query(`DELETE FROM ${table} WHERE key = ANY($1)`, [ids]);
  }
}

function given(entries: readonly NewDocument[]): string {
  return JSON.stringify(entries.map(({ id, fields }) => ({ key: id, fields: JSON.stringify({ id, ...fields }) })));
}
