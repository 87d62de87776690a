import { key, type Cache, type Caches } from '@purser/caching';
import type { KeptFiles } from './kept-files.ts';

/** The namespace of what was made of files. */
export const PARSED_FILES = 'parsed-files';
/** As long as a cache keeps anything. */
export const PARSED_FILES_KEPT_MS = 7 * 24 * 3_600_000;
/** Folders that are kept at a time; what a first sync brings beyond them waits. */
const AT_ONCE = 8;

/**
 * What was made of the files of work efforts, for all sources: where one file has changed, the others of its work effort need
 * not be read again, also after a restart where the cache has a disk. Nothing of it can be wrong, as each file is held
 * against its state; so nobody is told, and nothing of it leaves the machine.
 *
 * It stands here and not in the threads that scan, since they come and go, and the cache's disk has one owner.
 */
export class ParsedFiles {
  readonly #cache: Cache;

  constructor(caches: Caches) {
    this.#cache = caches.namespace(PARSED_FILES, {
      local: true,
      ttl: PARSED_FILES_KEPT_MS,
      maxTtl: PARSED_FILES_KEPT_MS,
      jitter: 0,
    });
  }

  /** Undefined where it is forgotten, or can't be told. */
  async recall(folderKey: string): Promise<KeptFiles | undefined> {
    return this.#cache.get<KeptFiles>(key('folder', folderKey)).catch(() => undefined);
  }

  /** Never rejects: what can't be kept is read again. */
  async keep(all: ReadonlyMap<string, KeptFiles>): Promise<void> {
    const entries = all.entries();
    const lanes = Array.from({ length: AT_ONCE }, async () => {
      for (const [folderKey, files] of entries) {
        await this.#cache.set(key('folder', folderKey), files).catch(() => undefined);
        // Others get their turn.
        await new Promise(setImmediate);
      }
    });
    await Promise.all(lanes);
  }
}
