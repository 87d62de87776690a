import { afterEach, beforeEach } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FoundEntry, Store, Storing } from '../../../core/store.ts';
import type { DiskProblem } from '../calls.ts';
import { openDiskStore, type DiskStoreOptions } from '../disk-store.ts';

/** A folder for each test, and stores over it that are closed after it. */
export interface OpenedStores {
  readonly folder: string;
  /** The database. */
  readonly file: string;
  readonly problems: DiskProblem[];
  open(options?: Partial<DiskStoreOptions>): Promise<Store>;
}

export function useFolder(): OpenedStores {
  let folder = '';
  const problems: DiskProblem[] = [];
  const opened: Store[] = [];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'disk-store-'));
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((store) => store.close()));
    rmSync(folder, { recursive: true, force: true });
    problems.length = 0;
  });
  return {
    get folder() {
      return folder;
    },
    get file() {
      return join(folder, 'cache.sqlite');
    },
    problems,
    open: async (options = {}) => {
      const onProblem = (problem: DiskProblem): void => void problems.push(problem);
      const store = await openDiskStore({ folder, maxBytes: 8_000_000, onProblem, ...options });
      opened.push(store);
      return store;
    },
  };
}

export function storing(key: string, json: string, tags: readonly string[] = [], namespace = 'space'): Storing {
  const entry = { json, tags, ttlMs: 3_600_000, staleForMs: 0 };
  return { namespace, key, entry, freshForMs: entry.ttlMs, since: undefined };
}

export async function find(
  store: Pick<Store, 'getMany'>,
  key: string,
  namespace = 'space',
): Promise<FoundEntry | undefined> {
  return (await store.getMany(namespace, [key]))[0]!.entry;
}
