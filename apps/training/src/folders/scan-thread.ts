import { parentPort } from 'node:worker_threads';
import { Unreadable } from '../items/unreadable.ts';
import { scanFolder, type Scan, type ScanOptions } from './scan.ts';

/** What a thread is asked: one scan at a time. */
export interface ScanTask extends ScanOptions {
  readonly root: string;
}

/** What it answers: the scan, or why there is none. An error loses its class on the way. */
export type ScanAnswer =
  { readonly scan: Scan } | { readonly unreadable: string } | { readonly failure: { message: string; code?: string } };

function answer({ root, ...options }: ScanTask): ScanAnswer {
  try {
    return { scan: scanFolder(root, options) };
  } catch (error) {
    if (error instanceof Unreadable) return { unreadable: error.message };
    const { message, code } = error as NodeJS.ErrnoException;
    return { failure: { message, ...(code !== undefined && { code }) } };
  }
}

// This module is a thread's: nobody else imports it but for its types.
parentPort?.on('message', (task: ScanTask) => parentPort?.postMessage(answer(task)));
