import { Logger } from '@nestjs/common';
import type { TierOptions } from '@purser/caching';
import { openDiskStore } from '@purser/caching/disk';
import { PARSED_FILES, PARSED_FILES_KEPT_MS } from './folders/parsed-files.ts';
import { GITHUB_ANSWERS } from './github/github-answers.ts';

/** Where the disk tier is, and how large it may become. */
export interface CacheOnDisk {
  /** Of this process alone. */
  readonly folder: string;
  readonly maxBytes: number;
}

/** What a restart would cost again: reads of the database cost less than a disk's. */
const NAMESPACES: ReadonlySet<string> = new Set([PARSED_FILES, GITHUB_ANSWERS]);

/** The tier of the service's cache that outlives a restart. What is wrong with the disk is said, and is no failure. */
export async function openCacheOnDisk({ folder, maxBytes }: CacheOnDisk): Promise<readonly TierOptions[]> {
  const logger = new Logger('Cache');
  const store = await openDiskStore({
    folder,
    maxBytes,
    trustAfterRestart: (namespace) => namespace === PARSED_FILES,
    onProblem: ({ message }) => logger.warn(message),
  });
  return [{ store, namespaces: (name) => NAMESPACES.has(name), maxAgeMs: PARSED_FILES_KEPT_MS }];
}
