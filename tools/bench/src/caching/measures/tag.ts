import type { Contestant } from '../contestant.ts';
import { keysOf, valueOf } from '../values.ts';
import { fill, openFor } from './filled.ts';
import type { Measure, Measured } from './job.ts';

type Tag = Extract<Measure, { measure: 'tag' }>;

const TAG = 'everyone';
const READS_AFTER = 10_000;

/** Undefined where a contestant knows no tags. */
export async function tag(contestant: Contestant, { keys: count }: Tag): Promise<Measured> {
  const keys = keysOf(count);
  const cache = await openFor(contestant, count, { tagged: true });
  try {
    await fill(
      cache,
      keys,
      () => [TAG],
      (key) => valueOf('small', key),
    );
    // Calls that were never made before are slow for reasons of their own.
    await cache.invalidateTag!('nobody');
    const invalidatedAt = performance.now();
    await cache.invalidateTag!(TAG);
    const readAt = performance.now();
    let older = 0;
    const step = Math.ceil(count / READS_AFTER);
    for (let at = 0; at < count; at += step) if ((await cache.get(keys[at]!)) != null) older++;
    const reads = Math.ceil(count / step);
    const endedAt = performance.now();
    return { invalidationMs: readAt - invalidatedAt, readUs: ((endedAt - readAt) / reads) * 1_000, older };
  } finally {
    await cache.close();
  }
}
