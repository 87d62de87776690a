import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { EmbeddedPostgresError } from './embedded-postgres-error.ts';

const SQLITE_BUSY = 5;

export interface FolderLock {
  /** May be called again. */
  release(): void;
}

/**
 * Takes the folder for this process. The lock is the kernel's (on an SQLite file, the one portable way to it from
 * Node), so that `kill -9` frees it and a stale file means nothing.
 *
 * @throws EmbeddedPostgresError when another process, or this one, holds it.
 */
export function lockFolder(folder: string): FolderLock {
  const file = new DatabaseSync(join(folder, 'lock'), { timeout: 0 });
  try {
    // Nothing is ever written: the lock is all that is wanted of it, without a journal file beside it.
    file.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    file.close();
    if ((error as { errcode?: number }).errcode !== SQLITE_BUSY) throw error;
    throw new EmbeddedPostgresError(
      `Another running Purser uses the database in ${folder}. Stop it first, or choose another data folder.`,
    );
  }
  return { release: () => void (file.isOpen && file.close()) };
}
