import type { Contestant } from '../contestant.ts';
import { keysOf, tagsOf, valueOf } from '../values.ts';
import { fill, openFor } from './filled.ts';
import type { Measure, Measured } from './job.ts';

type Hits = Extract<Measure, { measure: 'hits' }>;

/** Of the time that is measured: for the compiler. */
const WARM_UP_SHARE = 0.5;
/** Reads between two looks at the clock. */
const SLICE = 512;
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
    await readFor(seconds * WARM_UP_SHARE, readAt, job);
    const perSecond = await readFor(seconds, readAt, job);
    return { perSecond, missed: loads };
  } finally {
    await cache.close();
  }
}

/** @returns reads per second */
async function readFor(
  seconds: number,
  readAt: (at: number) => Promise<unknown>,
  { keys, inFlight }: Hits,
): Promise<number> {
  const startedAt = performance.now();
  let reads = 0;
  let at = 0;
  const next = (): number => (at = (at + STRIDE) % keys);
  const read = inFlight === 1 ? () => readAt(next()) : () => readTogether(inFlight, () => readAt(next()));
  for (;;) {
    for (let slice = 0; slice < SLICE; slice += inFlight) await read();
    reads += SLICE;
    const tookMs = performance.now() - startedAt;
    if (tookMs >= seconds * 1_000) return (reads / tookMs) * 1_000;
  }
}

function readTogether(count: number, read: () => Promise<unknown>): Promise<unknown> {
  const reading = new Array<Promise<unknown>>(count);
  for (let at = 0; at < count; at++) reading[at] = read();
  return Promise.all(reading);
}
