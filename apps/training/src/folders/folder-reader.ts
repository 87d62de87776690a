import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open, opendir, realpath, stat } from 'node:fs/promises';
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

/**
 * Reads below one folder and nowhere else. Links are followed where they stay inside; one that leads out is refused and
 * reported. What can't be read throws {@link Unreadable}; what is wrong with the machine (no file handles, a broken
 * disk) throws as it is, so that it isn't taken for a folder without files.
 */
export class FolderReader {
  readonly root: Folder;
  readonly #limits: Limits;
  readonly #problems: Problem[];
  #entries = 0;

  /** `realRoot` is absolute and without links; problems are added to `problems`. */
  constructor(realRoot: string, limits: Limits, problems: Problem[]) {
    this.root = { realPath: realRoot, path: '' };
    this.#limits = limits;
    this.#problems = problems;
  }

  /** Whether no more entries are looked at. */
  get exhausted(): boolean {
    return this.#entries > this.#limits.entries;
  }

  /** The entries of a folder in the order of their names, without what is hidden or a package manager's. */
  async list(folder: Folder): Promise<Entry[]> {
    const found: Entry[] = [];
    try {
      for await (const entry of await opendir(folder.realPath)) {
        if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
        this.#entries += 1;
        if (this.exhausted) break;
        const place = { realPath: join(folder.realPath, entry.name), path: join(folder.path, entry.name) };
        if (entry.isSymbolicLink()) await this.#follow(entry.name, place, found);
        else found.push({ ...place, name: entry.name, kind: kindOf(entry) });
      }
    } catch (error) {
      throw unreadable(error);
    }
    return found.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** The bytes of a regular file within the limit. */
  async read(file: Entry): Promise<{ bytes: Buffer; modifiedAt: Date }> {
    // Not to follow a link that took the file's place, nor to wait for somebody who writes into a pipe.
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    try {
      await using handle = await open(file.realPath, flags);
      const stats = await handle.stat();
      if (!stats.isFile()) throw new Unreadable('is not a regular file');
      if (stats.size > this.#limits.fileBytes) {
        throw new Unreadable(`is larger than ${this.#limits.fileBytes} bytes`);
      }
      return { bytes: await readUpTo(handle, stats.size), modifiedAt: stats.mtime };
    } catch (error) {
      throw unreadable(error);
    }
  }

  async #follow(name: string, link: Folder, found: Entry[]): Promise<void> {
    try {
      const target = await realpath(link.realPath);
      if (!isWithin(this.root.realPath, target)) throw new Unreadable('is a link that leaves the source; not followed');
      found.push({ name, path: link.path, realPath: target, kind: kindOf(await stat(target)) });
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

// Not readFile: it reads to the end, wherever that is by now.
async function readUpTo(handle: FileHandle, size: number): Promise<Buffer> {
  const buffer = Buffer.alloc(size);
  let length = 0;
  while (length < size) {
    const { bytesRead } = await handle.read(buffer, length, size - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return buffer.subarray(0, length);
}

function kindOf(entry: { isFile(): boolean; isDirectory(): boolean }): Entry['kind'] {
  if (entry.isDirectory()) return 'folder';
  return entry.isFile() ? 'file' : 'other';
}
