import { statfsSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { Unreadable } from '../items/unreadable.ts';
import type { KeptFiles } from './kept-files.ts';
import { scanFolder, type Scan, type ScanOptions } from './scan.ts';
import { SourceFolders } from './source-folders.ts';
import { ThreadMemory, type RecallLine } from './thread-memory.ts';

/** What a thread is asked: one thing at a time. */
export interface ScanTask extends Omit<ScanOptions, 'memory'> {
  /** Of the source's folder, absolute. */
  readonly path: string;
  /** The folders that it may be in; none: anywhere. */
  readonly roots: readonly string[];
  /** Only whether the folder is there and may be read. */
  readonly lookOnly?: boolean;
}

/** A scan, and the `f_type` of the file system that its folder is on. */
export interface ScanOfSource extends Scan {
  readonly fileSystem: number;
  /** What is to be remembered of the files that were read, by the keys of their folders. */
  readonly kept: ReadonlyMap<string, KeptFiles>;
}

/** What it answers: the scan (none of a mere look), or why there is none. An error loses its class on the way. */
export type ScanAnswer =
  | { readonly scan: ScanOfSource | null }
  | { readonly unreadable: string }
  | { readonly failure: { message: string; code?: string } };

function answer({ path, roots, lookOnly = false, ...options }: ScanTask): ScanAnswer {
  try {
    const root = new SourceFolders(roots).locate(path);
    if (lookOnly) return { scan: null };
    const memory = new ThreadMemory(workerData as RecallLine);
    const scan = scanFolder(root, { ...options, memory });
    return { scan: { ...scan, fileSystem: statfsSync(root).type, kept: memory.kept } };
  } catch (error) {
    if (error instanceof Unreadable) return { unreadable: error.message };
    const { message, code } = error as NodeJS.ErrnoException;
    return { failure: { message, ...(code !== undefined && { code }) } };
  }
}

// This module is a thread's: nobody else imports it but for its types.
parentPort?.on('message', (task: ScanTask) => parentPort?.postMessage(answer(task)));
