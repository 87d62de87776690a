import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Position } from '../../core/store.ts';
import type { Body } from './body.ts';
import { PAGE_BYTES } from './database-file.ts';

/** An entry as it is kept: times by the store's clock, `meta` the JSON of what else there is to it. */
export interface Row {
  readonly id: number;
  readonly position: Position;
  readonly freshUntil: number;
  readonly goneAt: number;
  readonly usedAt: number;
  readonly encoding: number;
  readonly meta: string;
  readonly checksum: number;
  readonly bytes: Uint8Array;
}

export type NewRow = Omit<Row, 'id' | 'encoding' | 'bytes'> &
  Body & { readonly namespace: string; readonly key: string };

/** What is gone through in a bit of work that holds nobody up: some milliseconds. */
export const SLICE = 200;
/** Room beside a value: what its row, its places in three indexes and their pages take. */
const PAGES_BESIDE = 12;

/** The rows of one database. Whatever goes wrong is SQLite's error. */
export class Entries {
  readonly #pages: number;
  readonly #find: StatementSync;
  readonly #idOf: StatementSync;
  readonly #insert: StatementSync;
  readonly #insertBody: StatementSync;
  readonly #update: StatementSync;
  readonly #updateBody: StatementSync;
  readonly #delete: StatementSync;
  readonly #deleteBody: StatementSync;
  readonly #touch: StatementSync;
  readonly #expired: StatementSync;
  readonly #leastUsed: StatementSync;
  readonly #range: StatementSync;
  readonly #pageCount: StatementSync;
  readonly #freePages: StatementSync;
  count: number;

  constructor(database: DatabaseSync, maxBytes: number) {
    const prepare = (sql: string): StatementSync => database.prepare(sql);
    this.#pages = Math.floor(maxBytes / PAGE_BYTES);
    this.#find = prepare(
      `select e.id, position, fresh_until as freshUntil, gone_at as goneAt, used_at as usedAt, encoding, meta, checksum, bytes
       from entry e join body b on b.id = e.id where namespace = ? and key = ?`,
    );
    this.#idOf = prepare('select id, gone_at as goneAt from entry where namespace = ? and key = ?');
    this.#insert = prepare(
      `insert into entry (namespace, key, position, fresh_until, gone_at, used_at, encoding, meta, checksum)
       values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#insertBody = prepare('insert or replace into body (id, bytes) values (?, ?)');
    this.#update = prepare(
      `update entry set position = ?, fresh_until = ?, gone_at = ?, used_at = ?, encoding = ?, meta = ?, checksum = ?
       where id = ?`,
    );
    this.#updateBody = prepare('update body set bytes = ? where id = ?');
    this.#delete = prepare('delete from entry where id = ? and checksum = ?');
    this.#deleteBody = prepare('delete from body where id = ?');
    this.#touch = prepare('update entry set used_at = ? where id = ?');
    this.#expired = prepare('select id, checksum from entry where gone_at <= ? order by gone_at limit ?');
    this.#leastUsed = prepare('select id, checksum from entry order by used_at limit ?');
    this.#range = prepare(
      'select id, key, position, checksum from entry where namespace = ? and key >= ? order by key limit ?',
    );
    this.#pageCount = prepare('pragma page_count');
    this.#freePages = prepare('pragma freelist_count');
    this.count = (prepare('select count(*) as count from entry').get() as { count: number }).count;
  }

  find(namespace: string, key: string): Row | undefined {
    return this.#find.get(namespace, key) as Row | undefined;
  }

  put(row: NewRow): void {
    const { namespace, key, position, freshUntil, goneAt, usedAt, encoding, meta, checksum, bytes } = row;
    const there = this.#idOf.get(namespace, key) as { id: number } | undefined;
    const values = [position, freshUntil, goneAt, usedAt, encoding, meta, checksum] as const;
    if (there) {
      this.#update.run(...values, there.id);
      this.#updateBody.run(bytes, there.id);
      return;
    }
    const { lastInsertRowid } = this.#insert.run(namespace, key, ...values);
    this.#insertBody.run(lastInsertRowid, bytes);
    this.count += 1;
  }

  /** Removes an entry, if it is still the one that it was. */
  remove({ id, checksum }: Pick<Row, 'id' | 'checksum'>): boolean {
    if (this.#delete.run(id, checksum).changes === 0) return false;
    this.#deleteBody.run(id);
    this.count -= 1;
    return true;
  }

  removeKey(namespace: string, key: string): void {
    const row = this.find(namespace, key);
    if (row) this.remove(row);
  }

  touch(id: number, usedAt: number): void {
    this.#touch.run(usedAt, id);
  }

  /** Removes entries whose life was over at `now`. @returns how many */
  removeExpired(now: number, limit = SLICE): number {
    return this.#removeAll(this.#expired.all(now, limit));
  }

  /** Removes the entries that were not used for longest. @returns how many */
  removeLeastUsed(limit: number): number {
    return this.#removeAll(this.#leastUsed.all(limit));
  }

  /** Those of a namespace from a key on, in the keys' order. */
  from(namespace: string, key: string): (Pick<Row, 'id' | 'position' | 'checksum'> & { key: string })[] {
    return this.#range.all(namespace, key, SLICE) as ReturnType<Entries['from']>;
  }

  /** What is in use of the file, all indexes and what is lost to pages included. */
  usedBytes(): number {
    return this.#usedPages() * PAGE_BYTES;
  }

  /** Whether there is room for so many bytes beside what is there. */
  hasRoom(bytes: number): boolean {
    return this.#usedPages() + Math.ceil(bytes / (PAGE_BYTES - 4)) + PAGES_BESIDE <= this.#pages;
  }

  #usedPages(): number {
    const [all, free] = [this.#pageCount.get(), this.#freePages.get()];
    return (all!.page_count as number) - (free!.freelist_count as number);
  }

  #removeAll(rows: unknown[]): number {
    return (rows as Pick<Row, 'id' | 'checksum'>[]).filter((row) => this.remove(row)).length;
  }
}
