import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** What is held once nothing is left to collect, buffers included. */
export async function usedBytes(collect: () => void): Promise<number> {
  // Promises that have settled are let go of a turn later.
  await new Promise(setImmediate);
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Collects garbage at once when called. */
export function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
