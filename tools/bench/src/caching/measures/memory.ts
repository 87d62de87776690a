import { garbageCollector, usedBytes } from '../../contest/heap.ts';
import type { Contestant } from '../contestant.ts';
import { keysOf, valueOf } from '../values.ts';
import { fill, openFor } from './filled.ts';
import type { Measure, Measured } from './job.ts';

type Memory = Extract<Measure, { measure: 'memory' }>;

export async function memory(contestant: Contestant, { keys: count, value }: Memory): Promise<Measured> {
  const collect = garbageCollector();
  const cache = await openFor(contestant, count);
  try {
    // What the code itself takes is there before.
    await fill(
      cache,
      ['warm-up'],
      () => [],
      (key) => valueOf(value, key),
    );
    const before = await usedBytes(collect);
    await fill(
      cache,
      keysOf(count),
      () => [],
      (key) => valueOf(value, key),
    );
    const heapBytes = (await usedBytes(collect)) - before;
    const counted = cache.countedBytes?.();
    return { heapBytes: heapBytes / count, ...(counted === undefined ? {} : { countedBytes: counted / count }) };
  } finally {
    await cache.close();
  }
}
