import { callsPerSecond } from '../../contest/loops.ts';
import type { Contestant } from '../contestant.ts';
import { keysOf, tagsOf, valueOf } from '../values.ts';
import { fill, openFor } from './filled.ts';
import type { Measure, Measured } from './job.ts';

type Hits = Extract<Measure, { measure: 'hits' }>;

/** A prime that no number of keys here is a multiple of: each key is read as often, and its neighbour not next. */
const STRIDE = 7_919;

export async function hits(contestant: Contestant, job: Hits): Promise<Measured> {
  const { place, tagged, keys: count, value, seconds } = job;
  const keys = keysOf(count);
  const tags = keys.map(tagsOf);
  const cache = await openFor(contestant, count, { place, tagged });
  try {
    let loads = 0;
    const make = (key: string): object => {
      loads++;
      return valueOf(value, key);
    };
    await fill(cache, keys, tagsOf, make);
    loads = 0;
    const readAt = (at: number): Promise<unknown> => cache.read(keys[at]!, make, tags[at]!);
    let at = 0;
    const next = (): number => (at = (at + STRIDE) % count);
    const perSecond = await callsPerSecond(seconds, job.inFlight, () => readAt(next()));
    return { perSecond, missed: loads };
  } finally {
    await cache.close();
  }
}
