import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { CacheError } from './errors.ts';
import type { Load, Loader } from './loader.ts';
import { within } from './options.ts';

/** A file's content, and what the file system says of it. */
export interface FileContent {
  readonly bytes: Buffer;
  /** When it was last written, by the file system's clock. */
  readonly modifiedAt: Date;
}

export interface FileLoaderOptions {
  /** The most that is read. Default 16 MiB. */
  readonly maxBytes?: number;
}

/** By what it shows that a file is another, or was written. */
interface FileState {
  /** Length, times in nanoseconds, device and inode: a file that takes another's place may bring along an old time. */
  readonly etag: string;
  readonly size: number;
  readonly modifiedAt: Date;
  /** When it was last written, or changed in any other way. */
  readonly changedMs: number;
}

const MAX_BYTES = 16 * 1_048_576;
/**
 * A file may be written again within one tick of its file system's clock, and its state stays the same. Two seconds are the
 * coarsest tick in use, FAT's. (Git calls such files racily clean.)
 */
const SETTLED_MS = 2_000;
/** How often a file is read that is written meanwhile, before what was read is taken as it is. */
const MAX_READS = 3;

/**
 * Loads a file, and parses it only where it has changed: what tells is its length, its times, and which file it is (device
 * and inode). A file that was written in the last two seconds is read again the next time, whatever its state says, since
 * it may have been written twice in one tick of its file system's clock; so a clock of a network share may be at most that
 * far behind.
 *
 * No file at `path` is no value. What `parse` makes of it must be named by the key: another parser needs another key.
 *
 * @throws CacheError (from the loader) `invalid_value` where it is not a regular file, or has more than `maxBytes`; the
 * system's error where it can't be read; what `parse` throws
 */
export function fileLoader<T>(
  path: string,
  parse: (content: FileContent) => T | Promise<T>,
  { maxBytes = MAX_BYTES }: FileLoaderOptions = {},
): Loader<T | undefined> {
  within('maxBytes', maxBytes, 0, Number.MAX_SAFE_INTEGER);
  return async (load) => {
    const content = await contentOf(path, maxBytes, load);
    if (content === undefined) return undefined;
    return content === 'unchanged' ? load.notModified() : parse(content);
  };
}

async function contentOf(path: string, maxBytes: number, load: Load): Promise<FileContent | 'unchanged' | undefined> {
  const file = await opened(path);
  if (file === undefined) return undefined;
  try {
    return await contentIn(file, { path, maxBytes }, load);
  } finally {
    await file.close();
  }
}

interface Place {
  readonly path: string;
  readonly maxBytes: number;
}

async function contentIn(file: FileHandle, place: Place, load: Load): Promise<FileContent | 'unchanged'> {
  const lookedAtMs = Date.now();
  let state = await stateOf(file, place);
  if (load.previous?.etag === state.etag) return 'unchanged';
  for (let reads = 1; ; reads += 1) {
    const bytes = await read(file, state.size, load.signal);
    const after = await stateOf(file, place);
    const isWhole = after.etag === state.etag;
    if (isWhole && state.changedMs < lookedAtMs - SETTLED_MS) load.etag(state.etag);
    if (isWhole || reads === MAX_READS) return { bytes, modifiedAt: state.modifiedAt };
    state = after;
  }
}

async function opened(path: string): Promise<FileHandle | undefined> {
  try {
    // Not to wait for somebody who writes into a pipe.
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

async function stateOf(file: FileHandle, { path, maxBytes }: Place): Promise<FileState> {
  const stats = await file.stat({ bigint: true });
  if (!stats.isFile()) throw new CacheError('invalid_value', path, 'is not a regular file');
  const { size, mtimeNs, ctimeNs, dev, ino, mtime, mtimeMs, ctimeMs } = stats;
  if (size > maxBytes) throw new CacheError('invalid_value', path, `has ${size} bytes, more than ${maxBytes}`);
  return {
    etag: `${size}-${mtimeNs}-${ctimeNs}-${dev}-${ino}`,
    size: Number(size),
    modifiedAt: mtime,
    changedMs: Number(mtimeMs > ctimeMs ? mtimeMs : ctimeMs),
  };
}

/** The first `size` bytes; fewer where it has become shorter. */
async function read(file: FileHandle, size: number, signal: AbortSignal): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(size);
  let length = 0;
  while (length < size) {
    signal.throwIfAborted();
    const { bytesRead } = await file.read(buffer, length, Math.min(size - length, 1_048_576), length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return buffer.subarray(0, length);
}
