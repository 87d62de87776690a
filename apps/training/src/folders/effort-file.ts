import { hash } from 'node:crypto';
import { Unreadable } from '../items/unreadable.ts';
import { decodeText } from './decode-text.ts';
import type { Entry, FileState, FolderReader } from './folder-reader.ts';
import type { KeptFile, KeptFiles } from './kept-files.ts';

/**
 * A file may be written again within the same tick of its file system's clock, and its state then stays the same: one
 * that changed this shortly before it was looked at is read again the next time. (Git calls it racily clean.) Two
 * seconds are the coarsest tick in use, FAT's; the clocks of most network shares differ by less.
 */
const SETTLED_MS = 2_000;

/** How a file of one kind is read. */
export interface FileKind<T> {
  /** @throws Unreadable */
  readonly parse: (text: string, entry: Entry, modifiedAt: Date) => T;
  /** What it says, from its JSON. */
  readonly revive: (says: never) => T;
}

/** One file of a work effort, as it was found. */
export interface Look {
  readonly entry: Entry;
  readonly state: FileState | Unreadable;
}

/** A file of a work effort: what it says, or why that can't be told. */
export class EffortFile<T> implements Look {
  readonly entry: Entry;
  readonly state: FileState | Unreadable;
  /** Of its bytes, or why there are none. */
  readonly digest: string;
  readonly #read: () => T;
  #result: { says: T } | { failure: Unreadable } | undefined;

  private constructor({ entry, state }: Look, digest: string, read: () => T) {
    this.entry = entry;
    this.state = state;
    this.digest = digest;
    this.#read = read;
  }

  /** From what was made of the same bytes before. */
  static kept<T>(look: Look, { digest, says, unreadable }: KeptFile, kind: FileKind<T>): EffortFile<T> {
    return new EffortFile(look, digest, () => {
      if (unreadable !== undefined) throw new Unreadable(unreadable);
      return kind.revive(says as never);
    });
  }

  /** Reads the file. */
  static read<T>(reader: FolderReader, entry: Entry, kind: FileKind<T>): EffortFile<T> {
    const read = unlessUnreadable(() => reader.read(entry));
    if (read instanceof Unreadable) {
      return new EffortFile<T>({ entry, state: read }, read.message, () => {
        throw read;
      });
    }
    const { bytes, modifiedAt, state } = read;
    const digest = hash('sha256', bytes, 'base64');
    return new EffortFile({ entry, state }, digest, () => kind.parse(decodeText(bytes), entry, modifiedAt));
  }

  /** @throws Unreadable */
  get says(): T {
    this.#result ??= this.#parse();
    if ('failure' in this.#result) throw this.#result.failure;
    return this.#result.says;
  }

  /** What is to be remembered of it; nothing where it may yet change without showing it. */
  keptAt(now: number): KeptFile | undefined {
    const { state, digest } = this;
    if (state instanceof Unreadable || !isSettled(state, now)) return undefined;
    this.#result ??= this.#parse();
    const result = this.#result;
    const { stamp } = state;
    return 'failure' in result
      ? { stamp, digest, unreadable: result.failure.message }
      : { stamp, digest, says: result.says };
  }

  #parse(): { says: T } | { failure: Unreadable } {
    const says = unlessUnreadable(this.#read);
    return says instanceof Unreadable ? { failure: says } : { says };
  }
}

/** Whether a file's state shows every change since. */
export function isSettled({ changedMs }: FileState, now: number): boolean {
  return changedMs <= now - SETTLED_MS;
}

export function lookAt(reader: FolderReader, entry: Entry): Look {
  return { entry, state: unlessUnreadable(() => reader.look(entry)) };
}

/** What was made of a file, where that still holds. */
export function keptOf({ entry, state }: Look, kept: KeptFiles | undefined): KeptFile | undefined {
  if (kept === undefined || state instanceof Unreadable) return undefined;
  const name = keptNameOf(entry);
  const file = Object.hasOwn(kept, name) ? kept[name] : undefined;
  return file?.stamp === state.stamp ? file : undefined;
}

/** A file by its name, which it may be read by, and by where it really is. */
export function keptNameOf({ name, realPath }: Entry): string {
  return `${name}/${realPath}`;
}

export function unlessUnreadable<T>(work: () => T): T | Unreadable {
  try {
    return work();
  } catch (error) {
    if (error instanceof Unreadable) return error;
    throw error;
  }
}
