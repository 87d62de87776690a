import { watch, type FSWatcher } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** The folders that a scan has read (absolute, without links), and the `f_type` of the file system that they are on. */
export interface ReadFolders {
  readonly folders: readonly string[];
  readonly fileSystem: number;
}

/** How many folders may be watched, by all sources of the process. */
export interface WatchAllowance {
  left: number;
}

/** Watches set before others have their turn. */
const SET_AT_ONCE = 100;
/** `f_type` of file systems that tell nothing of what other machines write: NFS, SMB, CIFS, 9P, AFS, FUSE. */
const FOREIGN = new Set([0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x01021997, 0x5346414f, 0x65735546]);

/**
 * Hears of changes in the folders of one source. One watch for each folder, on the folders that a scan has read: nothing
 * is looked at a second time, nothing below is watched that no scan reads, and an entry that comes, goes or is written
 * is heard of by the watch of the folder that it is in.
 */
export class FolderWatch {
  readonly #watchers = new Map<string, FSWatcher>();
  /** Folders that may have been replaced by others of their names: their watches would listen to the old ones. */
  readonly #suspect = new Set<string>();
  readonly #allowance: WatchAllowance;
  readonly #onChange: () => void;
  #failure: string | null = null;
  #closed = false;

  constructor(allowance: WatchAllowance, onChange: () => void) {
    this.#allowance = allowance;
    this.#onChange = onChange;
  }

  /** Why nothing is watched, as a clause; null while all is well. */
  get failure(): string | null {
    return this.#failure;
  }

  /**
   * Watches these folders and no others, or none where not all
   * can be watched.
   *
   * @returns whether a folder is watched now that was not: what happened in it before then was not heard
   */
  async follow({ folders, fileSystem }: ReadFolders): Promise<boolean> {
    if (this.#closed) return false;
    this.#failure = FOREIGN.has(fileSystem) ? 'is on a network file system, which can not be watched' : null;
    if (this.#failure !== null) return this.#giveUp();
    const wanted = new Set(folders);
    for (const path of this.#watchers.keys()) if (!wanted.has(path) || this.#isSuspect(path)) this.#drop(path);
    this.#suspect.clear();
    let added = 0;
    let tried = 0;
    for (const path of wanted) {
      if (this.#closed) return false;
      if (this.#watchers.has(path)) continue;
      if (this.#add(path)) added += 1;
      if (this.#failure !== null) return this.#giveUp();
      tried += 1;
      if (tried % SET_AT_ONCE === 0) await nextTurn();
    }
    return added > 0;
  }

  /** Watches nothing until it is told to again. */
  reset(): void {
    this.#giveUp();
  }

  close(): void {
    this.#closed = true;
    this.#giveUp();
  }

  /** Whether it is watched now: not where it is gone, nor where there is a failure, which then stands. */
  #add(path: string): boolean {
    if (this.#allowance.left <= 0) {
      this.#failure = 'can not be watched: SOURCE_WATCH_MAX_FOLDERS allows no more folders';
      return false;
    }
    try {
      const watcher = watch(path, { persistent: false }, (type, name) => this.#heard(path, type, name));
      watcher.on('error', () => this.#heard(path, 'rename', null));
      this.#watchers.set(path, watcher);
      this.#allowance.left -= 1;
      return true;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // It went away since the scan; the watch of the folder that it was in tells of it.
      if (code === 'ENOENT' || code === 'ENOTDIR') return false;
      const limit = code === 'ENOSPC' || code === 'EMFILE' ? '; the system allows no more watches' : '';
      this.#failure = `can not be watched (${code})${limit}`;
      return false;
    }
  }

  #heard(folder: string, type: string, name: string | null): void {
    if (this.#closed) return;
    if (type === 'rename') {
      // A folder that was itself moved or deleted says so under its own name.
      if (name === null || name === basename(folder)) this.#suspect.add(folder);
      if (name !== null) this.#suspect.add(join(folder, name));
    }
    this.#onChange();
  }

  #isSuspect(path: string): boolean {
    if (this.#suspect.size === 0) return false;
    for (let at = path; ; at = dirname(at)) {
      if (this.#suspect.has(at)) return true;
      if (at === dirname(at)) return false;
    }
  }

  #drop(path: string): void {
    this.#watchers.get(path)?.close();
    if (this.#watchers.delete(path)) this.#allowance.left += 1;
  }

  #giveUp(): false {
    for (const path of [...this.#watchers.keys()]) this.#drop(path);
    return false;
  }
}
