import type { DatabaseSync } from 'node:sqlite';
import type { Invalidation } from '../../core/invalidation.ts';
import type { Position, StoredEntry, Storing } from '../../core/store.ts';
import { checksum, packed, unpacked } from './body.ts';
import type { DiskFound, DiskLookup, Origin } from './calls.ts';
import { Entries, SLICE, type Row } from './entries.ts';
import { Marks, type Sweep } from './marks.ts';
import { Records } from './records.ts';
import { UnusableFile } from './sqlite-error.ts';
import type { StoreClock } from './store-clock.ts';

/** No entry takes more than this part of the store, nor more than this: the room for it would cost too many others at once. */
const MAX_SHARE = 1 / 8;
const MAX_ENTRY_BYTES = 64 * 1024 * 1024;
/** How exactly it is known when an entry was used last: writing that down is work, too. */
const USE_MS = 10_000;
/** Uses that are not written down yet. */
const MAX_TOUCHED = 1_000;
/** Later than any life ends. */
const NEVER = 2 ** 52;

export interface Limits {
  readonly maxBytes: number;
  readonly compressAboveBytes: number;
}

/** What happened to entries, over all files of a run. */
export interface Counts {
  evictions: number;
  expirations: number;
}

/** What there is to an entry beside its value and its times. */
type Meta = Pick<StoredEntry, 'etag' | 'tags' | 'attributes' | 'ttlMs' | 'staleForMs'>;

/**
 * A store over one database that is open. What writes begins a transaction, which its caller ends by `commit` or `rollback`;
 * what was invalidated stays so also after a rollback, until a later commit writes it down.
 *
 * Whatever it throws is SQLite's error, or {@link UnusableFile}.
 */
export class OpenFile {
  readonly #database: DatabaseSync;
  readonly #limits: Limits;
  readonly #clock: StoreClock;
  readonly #counts: Counts;
  readonly #onDamage: (key: string) => void;
  readonly #records: Records;
  readonly #entries: Entries;
  readonly #marks: Marks;
  /** Entries up to here are from before this run; up to there, never to be trusted. */
  readonly #openedAt: Position;
  readonly #distrusted: Position;
  readonly #touched = new Map<number, number>();
  /** Found to be of no use any more. */
  readonly #dead: Pick<Row, 'id' | 'checksum'>[] = [];
  #writing = false;
  #wasSaved = false;
  #countBefore: number;

  /**
   * @param positionsFrom no position of this one is lower
   * @param trusted whether nothing is missing of what was said of the entries that are there
   * @param onDamage hears of entries that are not as they were written
   */
  constructor(
    database: DatabaseSync,
    limits: Limits,
    clock: StoreClock,
    counts: Counts,
    {
      positionsFrom,
      trusted,
      onDamage,
    }: { positionsFrom: Position; trusted: boolean; onDamage: (key: string) => void },
  ) {
    this.#database = database;
    this.#limits = limits;
    this.#clock = clock;
    this.#counts = counts;
    this.#onDamage = onDamage;
    this.#records = new Records(database);
    const { state, tags, sweeps } = this.#records;
    refuseLater(state.clock, clock.now());
    this.#entries = new Entries(database, limits.maxBytes);
    this.#countBefore = this.#entries.count;
    this.#openedAt = Math.max(state.sequence, positionsFrom);
    this.#distrusted = trusted ? state.distrusted : this.#openedAt;
    this.#marks = new Marks(this.#openedAt + 1, state);
    this.#marks.restore(tags, sweeps);
  }

  get position(): Position {
    return this.#marks.sequence;
  }

  /** Whether all that was invalidated is written, and what of the entries is to be trusted. */
  get isSaved(): boolean {
    const { tags, sweeps } = this.#marks.changes;
    return this.#wasSaved && tags.size === 0 && sweeps.size === 0;
  }

  get size(): { bytes: number; entries: number } {
    return { bytes: this.#entries.usedBytes(), entries: this.#entries.count };
  }

  lookUp(namespace: string, key: string): DiskLookup {
    return { entry: this.#find(namespace, key), position: this.position };
  }

  /** @returns whether it was kept */
  set({ namespace, key, entry, freshForMs, since, ifAbsent = false }: Storing): boolean {
    const { json, etag, tags, attributes, ttlMs, staleForMs } = entry;
    if (since !== undefined && this.#marks.isOvertaken(namespace, key, tags, since)) return false;
    if (ifAbsent && this.#find(namespace, key)) return false;
    this.#write();
    const now = this.#clock.now();
    const freshUntil = later(now, Math.min(freshForMs, ttlMs));
    const goneAt = later(freshUntil, staleForMs);
    const meta = JSON.stringify({ etag, tags, attributes, ttlMs, staleForMs } satisfies Meta);
    const body = packed(json, this.#limits.compressAboveBytes);
    if (goneAt <= now || !this.#makeRoom(body.bytes.length + 3 * meta.length, now)) {
      // What was there is older than what could not be kept.
      this.#entries.removeKey(namespace, key);
      return false;
    }
    const times = { position: this.position, freshUntil, goneAt };
    const sum = checksumOf(namespace, key, { ...times, ...body, meta });
    this.#entries.put({ namespace, key, ...times, ...body, usedAt: now, meta, checksum: sum });
    return true;
  }

  invalidate(namespace: string, invalidation: Invalidation): void {
    this.#write();
    if (invalidation.kind === 'tags') return this.#marks.markTags(namespace, invalidation.tags);
    const concern = this.#marks.note(namespace, invalidation);
    if (invalidation.kind !== 'keys') return this.#marks.sweep(concern);
    for (const key of invalidation.keys) this.#entries.removeKey(namespace, key);
  }

  /** As {@link invalidate} where nothing can be written: it holds for as long as this is open, or until it can be. */
  hold(namespace: string, invalidation: Invalidation): void {
    if (invalidation.kind === 'tags') this.#marks.markTags(namespace, invalidation.tags);
    else this.#marks.sweep(this.#marks.note(namespace, invalidation));
  }

  /** Removes some of what has expired. @returns whether there may be more */
  purge(): boolean {
    this.#write();
    const removed = this.#entries.removeExpired(this.#clock.now());
    this.#counts.expirations += removed;
    return removed === SLICE;
  }

  /** Does some of what nobody waits for, in a transaction of its own. @returns whether there is more */
  tidy(): boolean {
    const [sweep] = this.#marks.sweeps;
    if (!sweep && this.#dead.length === 0 && this.#touched.size < MAX_TOUCHED) return false;
    this.#write();
    const isDone = sweep !== undefined && this.#sweepOn(sweep);
    this.commit();
    // Not before it is written: until then what it concerns may come back.
    if (isDone) this.#marks.swept(sweep);
    return this.#marks.sweeps.length > 0;
  }

  /** Writes what was begun, and what was invalidated, if anything was. @returns whether anything was */
  commit(): boolean {
    if (!this.#writing) return false;
    this.#writeUses();
    for (const row of this.#dead.splice(0)) this.#entries.remove(row);
    const { sequence, floor, tagFloor, changes } = this.#marks;
    const state = { sequence, floor, tagFloor, distrusted: this.#distrusted, clock: this.#clock.now() };
    this.#records.save(changes, state);
    this.#database.exec('commit');
    this.#writing = false;
    this.#wasSaved = true;
    this.#countBefore = this.#entries.count;
    this.#records.committed();
    changes.tags.clear();
    changes.sweeps.clear();
    return true;
  }

  rollback(): void {
    if (!this.#writing) return;
    this.#writing = false;
    this.#entries.count = this.#countBefore;
    this.#records.rolledBack();
    for (const sweep of this.#marks.sweeps) sweep.after = sweep.prefix;
    // Some errors have rolled it back already.
    if (this.#database.isTransaction) this.#database.exec('rollback');
  }

  /** Writes what is left and closes the file. */
  close(): void {
    try {
      this.#write();
      this.commit();
    } finally {
      this.abandon();
    }
  }

  /** Closes the file as it is. */
  abandon(): void {
    if (this.#database.isOpen) this.#database.close();
  }

  #write(): void {
    if (this.#writing) return;
    this.#database.exec('begin immediate');
    this.#writing = true;
  }

  #find(namespace: string, key: string): DiskFound | undefined {
    const row = this.#entries.find(namespace, key);
    const now = this.#clock.now();
    if (!row || row.goneAt <= now) return undefined;
    if (checksumOf(namespace, key, row) !== row.checksum) {
      this.#onDamage(key);
      return this.#bury(row);
    }
    const meta = JSON.parse(row.meta) as Meta;
    if (this.#marks.isInvalidated(namespace, key, meta.tags, row.position)) return this.#bury(row);
    if (now - row.usedAt > USE_MS && this.#touched.size < MAX_TOUCHED) this.#touched.set(row.id, now);
    const freshForMs = Math.min(row.freshUntil - now, meta.ttlMs);
    return { json: unpacked(row), ...meta, freshForMs, origin: this.#originOf(row) };
  }

  #bury({ id, checksum }: Row): undefined {
    if (this.#dead.length < SLICE) this.#dead.push({ id, checksum });
  }

  #originOf({ position }: Row): Origin {
    if (position > this.#openedAt) return 'this_run';
    return position > this.#distrusted ? 'trustable' : 'never';
  }

  /** Gives up what has expired, then what was not used for longest. @returns false where it would be too much */
  #makeRoom(bytes: number, now: number): boolean {
    if (bytes > Math.min(this.#limits.maxBytes * MAX_SHARE, MAX_ENTRY_BYTES)) return false;
    for (let few = 2; !this.#entries.hasRoom(bytes); few = Math.min(few * 2, SLICE)) {
      const expired = this.#entries.removeExpired(now, few);
      this.#counts.expirations += expired;
      if (expired > 0) continue;
      this.#writeUses();
      const evicted = this.#entries.removeLeastUsed(few);
      this.#counts.evictions += evicted;
      if (evicted === 0) return false;
    }
    return true;
  }

  #writeUses(): void {
    for (const [id, usedAt] of this.#touched) this.#entries.touch(id, usedAt);
    this.#touched.clear();
  }

  /** @returns whether nothing is left of what it concerns */
  #sweepOn(sweep: Sweep): boolean {
    const { namespace, invalidation, prefix, position } = sweep;
    if (invalidation.kind === 'keys') {
      for (const key of invalidation.keys) this.#removeOlder(namespace, key, position);
      return true;
    }
    const rows = this.#entries.from(namespace, sweep.after);
    for (const row of rows) {
      if (!row.key.startsWith(prefix)) return true;
      if (row.position < position && sweep.concerns(row.key)) this.#entries.remove(row);
      // The next key in order: none has U+0000.
      sweep.after = `${row.key}\0`;
    }
    return rows.length < SLICE;
  }

  #removeOlder(namespace: string, key: string, position: Position): void {
    const row = this.#entries.find(namespace, key);
    if (row && row.position < position) this.#entries.remove(row);
  }
}

function refuseLater(writtenAt: number, now: number): void {
  if (writtenAt <= now) return;
  throw new UnusableFile(`it was written ${writtenAt - now} ms after now: the clock was set back, and no age is known`);
}

function later(than: number, ms: number): number {
  return Math.min(Math.floor(than + ms), NEVER);
}

function checksumOf(
  namespace: string,
  key: string,
  row: Pick<Row, 'position' | 'freshUntil' | 'goneAt' | 'encoding' | 'meta' | 'bytes'>,
): number {
  const { position, freshUntil, goneAt, encoding, meta, bytes } = row;
  return checksum([namespace, key, position, freshUntil, goneAt, encoding, meta], bytes);
}
