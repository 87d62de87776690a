import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { kindOf, UnusableFile } from './sqlite-error.ts';

/** `Purc` in ASCII: what tells our files from those of others. */
const APPLICATION = 0x50_75_72_63;
/** Of the tables below. A file of another version is set aside: it is a cache. */
const VERSION = 1;
export const PAGE_BYTES = 4_096;
/** Files set aside that are kept to be looked into; older ones go. */
const KEPT_ASIDE = 1;
const ASIDE = '.set-aside-';

/**
 * `entry` holds all but the values, so that going through it, or noting that one was used, costs no more for large ones.
 * `mark` holds the tags that were invalidated (`sweep` 0) and the invalidations that are not worked off yet (1).
 * `state` is one row.
 */
const SCHEMA = `
  create table entry (
    id integer primary key,
    namespace text not null,
    key text not null,
    position integer not null,
    fresh_until integer not null,
    gone_at integer not null,
    used_at integer not null,
    encoding integer not null,
    meta text not null,
    checksum integer not null
  ) strict;
  create unique index entry_by_key on entry (namespace, key);
  create index entry_by_use on entry (used_at);
  create index entry_by_end on entry (gone_at);
  create table body (id integer primary key, bytes blob not null) strict;
  create table mark (name text not null, sweep integer not null, position integer not null,
    primary key (name, sweep, position)) strict, without rowid;
  create table state (id integer primary key, text text not null, checksum integer not null) strict;
  pragma application_id = ${APPLICATION};
  pragma user_version = ${VERSION};
`;

/**
 * Opens the file for this process alone, and makes it where it is not there.
 *
 * WAL with `synchronous = normal`: a system that goes down may lose the last writes, never what holds the file together. The
 * lock is held until it is closed, so nothing is shared with other processes, and no memory is mapped.
 *
 * @throws UnusableFile, or SQLite's error
 */
export function openDatabase(path: string, maxBytes: number): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const database = new DatabaseSync(path);
  try {
    database.exec(`
      pragma locking_mode = exclusive;
      pragma page_size = ${PAGE_BYTES};
      pragma journal_mode = wal;
      pragma synchronous = normal;
      pragma journal_size_limit = 16000000;
      pragma cache_size = -8000;
      pragma temp_store = memory;
    `);
    const { tables } = database.prepare('select count(*) as tables from sqlite_schema').get() as { tables: number };
    if (tables === 0) database.exec(`begin immediate; ${SCHEMA} commit`);
    refuseOthers(database);
    refuseCut(database, path, maxBytes);
    database.exec(`pragma max_page_count = ${Math.floor(maxBytes / PAGE_BYTES)}`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function refuseOthers(database: DatabaseSync): void {
  const [application, version] = [pragma(database, 'application_id'), pragma(database, 'user_version')];
  if (application === APPLICATION && version === VERSION) return;
  throw new UnusableFile(`it is version ${version} of application ${application}, not ${VERSION} of ${APPLICATION}`);
}

function refuseCut(database: DatabaseSync, path: string, maxBytes: number): void {
  if (!emptyLog(database)) return;
  const expected = pragma(database, 'page_count') * pragma(database, 'page_size');
  const { size } = statSync(path);
  if (size < expected) throw new UnusableFile(`it was cut to ${size} of ${expected} bytes`);
  // SQLite's files don't become smaller, so a smaller limit begins with nothing.
  if (expected > maxBytes)
    throw new UnusableFile(`it has ${expected} bytes, more than the ${maxBytes} that it may have now`);
}

/** Moves what is in the log into the file, whose size then has to be what its head says. @returns false where there is no room */
function emptyLog(database: DatabaseSync): boolean {
  try {
    database.exec('pragma wal_checkpoint(truncate)');
    return true;
  } catch (error) {
    if (kindOf(error) !== 'full') throw error;
    return false;
  }
}

export function pragma(database: DatabaseSync, name: string): number {
  return Object.values(database.prepare(`pragma ${name}`).get() as Record<string, number>)[0]!;
}

/**
 * Takes the file out of the way, under a name with the time, and removes those that were set aside before it.
 *
 * @returns the new path
 */
export function setAside(path: string, now = new Date()): string {
  const aside = `${path}${ASIDE}${now.toISOString().replaceAll(':', '-')}`;
  for (const suffix of ['', '-wal']) {
    // One of an earlier name that is in the way, or that can't be moved, must not keep the store from beginning again.
    try {
      renameSync(path + suffix, aside + suffix);
    } catch {
      rmSync(path + suffix, { recursive: true, force: true });
    }
  }
  const folder = dirname(path);
  const kept = readdirSync(folder).filter((name) => name.startsWith(basename(path) + ASIDE) && !name.endsWith('-wal'));
  for (const name of kept.toSorted().slice(0, -KEPT_ASIDE))
    for (const suffix of ['', '-wal']) rmSync(join(folder, name + suffix), { recursive: true, force: true });
  return aside;
}
