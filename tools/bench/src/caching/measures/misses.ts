import type { Contestant } from '../contestant.ts';
import { keysOf, tagsOf, valueOf } from '../values.ts';
import { openFor } from './filled.ts';
import type { Measure, Measured } from './job.ts';

type Misses = Extract<Measure, { measure: 'misses' }>;

/** Of the keys: for the compiler. */
const WARM_UP_SHARE = 0.25;

export async function misses(contestant: Contestant, { keys: count, tagged, value }: Misses): Promise<Measured> {
  const warmUp = Math.ceil(count * WARM_UP_SHARE);
  const keys = keysOf(warmUp + count);
  const tags = keys.map(tagsOf);
  // Made beforehand: what sources need is not the cache's.
  const values = new Map(keys.map((key) => [key, valueOf(value, key)]));
  const cache = await openFor(contestant, keys.length, { tagged });
  try {
    const make = async (key: string): Promise<unknown> => values.get(key);
    let startedAt = 0;
    for (let at = 0; at < keys.length; at++) {
      if (at === warmUp) startedAt = performance.now();
      await cache.read(keys[at]!, make, tags[at]!);
    }
    return { perSecond: (count / (performance.now() - startedAt)) * 1_000 };
  } finally {
    await cache.close();
  }
}
