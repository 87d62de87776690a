import { parentPort, workerData } from 'node:worker_threads';
import type { Call, ThreadOptions } from './calls.ts';
import { DiskEngine } from './engine.ts';

// This module is a thread's: nobody imports it.
const engine = new DiskEngine(workerData as ThreadOptions);
let tidying = false;

/** Between batches, a bit at a time, so that what comes in waits for one bit at most. */
function tidy(): void {
  tidying = engine.tidy();
  if (tidying) setImmediate(tidy);
}

parentPort!.on('message', (calls: readonly Call[]) => {
  parentPort!.postMessage(engine.answer(calls));
  if (calls.at(-1)?.kind === 'close') return parentPort!.close();
  if (tidying) return;
  tidying = true;
  setImmediate(tidy);
});
