import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  opendirSync,
  openSync,
  readlinkSync,
  readSync,
  realpathSync,
  statSync,
} from 'node:fs';
import type { BigIntStats, Dir } from 'node:fs';
import { join, sep } from 'node:path';
import type { Limits } from './limits.ts';
import type { Problem } from '../items/problems.ts';
import { Unreadable } from '../items/unreadable.ts';

/** One entry of a folder. */
export interface Entry {
  readonly name: string;
  readonly kind: 'file' | 'folder' | 'other';
  /** Where it really is: absolute, without links, inside the root. */
  readonly realPath: string;
  /** Where it was found, relative to the root. */
  readonly path: string;
}

/** A folder by its two paths. */
export type Folder = Pick<Entry, 'realPath' | 'path'>;

const REASONS = new Map<string, string>([
  ['ENOENT', 'is gone, or a link to nothing'],
  ['EACCES', 'may not be read'],
  ['EPERM', 'may not be read'],
  ['ELOOP', 'is a link that leads in a circle'],
  ['ENOTDIR', 'is not a folder'],
  ['ENXIO', 'is not a regular file'],
  ['ENAMETOOLONG', 'has a path that is too long'],
]);

/** What the file system says of a file, by which a change shows without reading it. */
export interface FileState {
  /** Another text when the file is another, or was written. */
  readonly stamp: string;
  /** When it was last written, or changed in any other way, by the file system's clock. */
  readonly changedMs: number;
}

const ENTRIES_AT_ONCE = 256;

/**
 * Reads below one folder and nowhere else. Links are followed where they stay inside; one that leads out is refused and
 * reported. What can't be read throws {@link Unreadable}; what is wrong with the machine (no file handles, a broken
 * disk) throws as it is, so that it isn't taken for a folder without files.
 *
 * It blocks: for a thread of its own. Thousands of small files are read there for a third of what promises cost.
 */
export class FolderReader {
  readonly root: Folder;
  readonly #limits: Limits;
  readonly #problems: Problem[];
  readonly #folders = new Set<string>();
  readonly #rootAtFirst: string;
  #entries = 0;

  /**
   * `realRoot` is absolute and without links; problems are added to `problems`.
   *
   * @throws Unreadable where it is not there
   */
  constructor(realRoot: string, limits: Limits, problems: Problem[]) {
    this.root = { realPath: realRoot, path: '' };
    this.#limits = limits;
    this.#problems = problems;
    this.#rootAtFirst = identityOf(realRoot);
  }

  /** Whether no more entries are looked at. */
  get exhausted(): boolean {
    return this.#entries > this.#limits.entries;
  }

  /** The real paths of the folders that were listed, in that order. */
  get folders(): string[] {
    return [...this.#folders];
  }

  /** @throws Unreadable where the root is not there any more, or another took its place */
  refuseMovedRoot(): void {
    if (identityOf(this.root.realPath) === this.#rootAtFirst) return;
    throw new Unreadable('was replaced while it was read');
  }

  /** The entries of a folder in the order of their names, without what is hidden or a package manager's. */
  list(folder: Folder): Entry[] {
    const found: Entry[] = [];
    let directory: Dir | undefined;
    try {
      directory = opendirSync(folder.realPath, { bufferSize: ENTRIES_AT_ONCE });
      this.#refuseOutside(realpathSync.native(folder.realPath));
      this.#folders.add(folder.realPath);
      for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) {
        if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
        this.#entries += 1;
        if (this.exhausted) break;
        const place = { realPath: join(folder.realPath, entry.name), path: join(folder.path, entry.name) };
        if (entry.isSymbolicLink()) this.#follow(entry.name, place, found);
        else found.push({ ...place, name: entry.name, kind: kindOf(entry) });
      }
    } catch (error) {
      throw unreadable(error);
    } finally {
      directory?.closeSync();
    }
    return found.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** The state of a file without reading it. @throws Unreadable where it is none that can be read */
  look(file: Entry): FileState {
    try {
      const stats = lstatSync(file.realPath, { bigint: true });
      this.#refuse(stats);
      return stateOf(stats);
    } catch (error) {
      throw unreadable(error);
    }
  }

  /** The bytes of a regular file within the limit, and its state before they were read. */
  read(file: Entry): { bytes: Buffer; modifiedAt: Date; state: FileState } {
    // Not to follow a link that took the file's place, nor to wait for somebody who writes into a pipe.
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    let handle: number | undefined;
    try {
      handle = openSync(file.realPath, flags);
      this.#refuseOutside(pathOf(handle, file.realPath));
      const stats = fstatSync(handle, { bigint: true });
      this.#refuse(stats);
      return { bytes: readUpTo(handle, Number(stats.size)), modifiedAt: stats.mtime, state: stateOf(stats) };
    } catch (error) {
      throw unreadable(error);
    } finally {
      if (handle !== undefined) closeSync(handle);
    }
  }

  // A folder above may have been swapped for a link since it was listed.
  #refuseOutside(path: string): void {
    if (!isWithin(this.root.realPath, path)) throw new Unreadable('is a link that leaves the source; not followed');
  }

  #refuse(stats: BigIntStats): void {
    if (!stats.isFile()) throw new Unreadable('is not a regular file');
    if (stats.size > this.#limits.fileBytes) throw new Unreadable(`is larger than ${this.#limits.fileBytes} bytes`);
  }

  #follow(name: string, link: Folder, found: Entry[]): void {
    try {
      const target = realpathSync(link.realPath);
      this.#refuseOutside(target);
      found.push({ name, path: link.path, realPath: target, kind: kindOf(statSync(target)) });
    } catch (error) {
      const reason = unreadable(error);
      if (!(reason instanceof Unreadable)) throw reason;
      this.#problems.push({ path: link.path, reason: reason.message });
    }
  }
}

/** Whether `path` is `root` or below it; both absolute and without links. */
export function isWithin(root: string, path: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : `${root}${sep}`);
}

/** The error as {@link Unreadable}, where it says something about the file and not about the machine. */
export function unreadable(error: unknown): unknown {
  const reason = REASONS.get((error as NodeJS.ErrnoException).code ?? '');
  return reason === undefined ? error : new Unreadable(reason, { cause: error });
}

/** Where an open file really is: of the file itself where the system says so, else of what has its path by now. */
function pathOf(handle: number, path: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${handle}`);
  } catch {
    return realpathSync.native(path);
  }
}

function identityOf(folder: string): string {
  try {
    const { dev, ino } = lstatSync(folder, { bigint: true });
    return `${dev} ${ino}`;
  } catch (error) {
    throw unreadable(error);
  }
}

// Not readFile: it reads to the end, wherever that is by now.
function readUpTo(handle: number, size: number): Buffer {
  const buffer = Buffer.alloc(size);
  let length = 0;
  while (length < size) {
    const bytesRead = readSync(handle, buffer, length, size - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return buffer.subarray(0, length);
}

// The inode and the time of change too: a file that took another's place may bring along an old time of writing.
function stateOf({ size, mtimeNs, ctimeNs, ino, mtimeMs, ctimeMs }: BigIntStats): FileState {
  return {
    stamp: `${size} ${mtimeNs} ${ctimeNs} ${ino}`,
    changedMs: Number(mtimeMs > ctimeMs ? mtimeMs : ctimeMs),
  };
}

function kindOf(entry: { isFile(): boolean; isDirectory(): boolean }): Entry['kind'] {
  if (entry.isDirectory()) return 'folder';
  return entry.isFile() ? 'file' : 'other';
}
