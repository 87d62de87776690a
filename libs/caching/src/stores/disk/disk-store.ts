import { CacheError } from '../../core/errors.ts';
import type { Invalidation } from '../../core/invalidation.ts';
import type { FoundEntry, Lookup, Store, StoreStatistics, Storing } from '../../core/store.ts';
import type { DiskFound, DiskLookup, DiskProblem } from './calls.ts';
import { DiskThread } from './disk-thread-calls.ts';

export interface DiskStoreOptions {
  /** Where the store keeps its files; made where it is not there. For one process at a time. */
  readonly folder: string;
  /** What its file may take, from 1 MB to 1 TB; its log takes up to 20 MB beside. Default 1 GiB. */
  readonly maxBytes?: number;
  /** Values of more bytes are compressed (zstd), where that saves a tenth. Default 4 096; `Infinity`: none are. */
  readonly compressAboveBytes?: number;
  /**
   * Whether nobody else invalidates anything of a namespace, so that nothing can have been missed while no process had the
   * folder. Entries of all others are `unverified` after a restart. Default: no namespace is trusted.
   */
  readonly trustAfterRestart?: (namespace: string) => boolean;
  /** Hears once of everything that is wrong with the disk for as long as it goes on. It must not throw. */
  readonly onProblem: (problem: DiskProblem) => void;
}

const DEFAULT_MAX_BYTES = 2 ** 30;
const DEFAULT_COMPRESS_ABOVE_BYTES = 4_096;
/** How long opening may take; where the disk hangs, the store is there without it, and calls wait or are refused. */
const OPEN_MS = 5_000;
/** Bits of work that one `purge` asks for. */
const MAX_PURGE_SLICES = 1_000;

/**
 * Opens a store on the disk, by SQLite in a thread of its own. It never fails for what is wrong with the disk: that is reported
 * to `onProblem`, calls are refused for as long as it lasts, and it is tried again every 5 s at most.
 *
 * @throws CacheError `invalid_option`
 */
export async function openDiskStore(options: DiskStoreOptions): Promise<Store> {
  const thread = new DiskThread(checked(options), options.onProblem);
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, OPEN_MS);
  // What is wrong is reported by the thread.
  const opened = thread.ask({ kind: 'open' }).catch(() => undefined);
  await Promise.race([opened, late]);
  clearTimeout(timer);
  return new DiskStore(thread, options);
}

class DiskStore implements Store {
  readonly name = 'disk';
  readonly shared = false;
  readonly #thread: DiskThread;
  readonly #maxBytes: number;
  readonly #isTrusted: (namespace: string) => boolean;

  constructor(thread: DiskThread, { maxBytes = DEFAULT_MAX_BYTES, trustAfterRestart = () => false }: DiskStoreOptions) {
    this.#thread = thread;
    this.#maxBytes = maxBytes;
    this.#isTrusted = trustAfterRestart;
  }

  async getMany(namespace: string, keys: readonly string[]): Promise<readonly Lookup[]> {
    const lookups = (await this.#thread.ask({ kind: 'get', namespace, keys })) as readonly DiskLookup[];
    return lookups.map(({ entry, position }) => ({ entry: entry && this.#foundOf(entry, namespace), position }));
  }

  async set(storing: Storing): Promise<boolean> {
    const { freshForMs, entry } = storing;
    if (Number.isNaN(freshForMs + entry.ttlMs + entry.staleForMs))
      throw new Error('A life must be a number of milliseconds.');
    const bytes = (storing.entry.json?.length ?? 0) + storing.key.length;
    return (await this.#thread.ask({ kind: 'set', storing }, bytes)) as boolean;
  }

  async invalidate(namespace: string, invalidation: Invalidation): Promise<void> {
    await this.#thread.ask({ kind: 'invalidate', namespace, invalidation });
  }

  async purge(): Promise<void> {
    for (let slices = 0; slices < MAX_PURGE_SLICES; slices += 1)
      if (!(await this.#thread.ask({ kind: 'purge' }))) return;
  }

  statistics(): StoreStatistics {
    return { ...this.#thread.held, maxBytes: this.#maxBytes };
  }

  close(): Promise<void> {
    return this.#thread.close();
  }

  #foundOf({ origin, ...found }: DiskFound, namespace: string): FoundEntry {
    const isTrusted = origin === 'this_run' || (origin === 'trustable' && this.#isTrusted(namespace));
    return isTrusted ? found : { ...found, unverified: true };
  }
}

function checked(options: DiskStoreOptions): { folder: string; maxBytes: number; compressAboveBytes: number } {
  const { folder, maxBytes = DEFAULT_MAX_BYTES, compressAboveBytes = DEFAULT_COMPRESS_ABOVE_BYTES } = options;
  if (typeof folder !== 'string' || folder === '')
    throw new CacheError('invalid_option', 'folder', 'must be the path of a folder');
  if (!Number.isInteger(maxBytes) || maxBytes < 1e6 || maxBytes > 1e12)
    throw new CacheError('invalid_option', 'maxBytes', `must be a whole number from 1e6 to 1e12; it is ${maxBytes}`);
  if (!(typeof compressAboveBytes === 'number' && compressAboveBytes >= 0))
    throw new CacheError('invalid_option', 'compressAboveBytes', `must be 0 or more; it is ${compressAboveBytes}`);
  return { folder, maxBytes, compressAboveBytes };
}
