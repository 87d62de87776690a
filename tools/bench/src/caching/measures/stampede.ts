import { setTimeout as sleep } from 'node:timers/promises';
import type { Contestant } from '../contestant.ts';
import { valueOf } from '../values.ts';
import { openFor } from './filled.ts';
import type { Measure, Measured } from './job.ts';

type Stampede = Extract<Measure, { measure: 'stampede' }>;

/** For the compiler. */
const WARM_UPS = 3;

export async function stampede(contestant: Contestant, { callers, loadMs }: Stampede): Promise<Measured> {
  const cache = await openFor(contestant, callers);
  try {
    let loads = 0;
    const make = async (key: string): Promise<object> => {
      loads++;
      await sleep(loadMs);
      return valueOf('small', key);
    };
    const run = (key: string): Promise<unknown> =>
      Promise.all(Array.from({ length: callers }, () => cache.read(key, make, [])));
    for (let warmUp = 0; warmUp < WARM_UPS; warmUp++) await run(`warm-up-${warmUp}`);
    loads = 0;
    const startedAt = performance.now();
    await run('hot');
    return { loads, ms: performance.now() - startedAt };
  } finally {
    await cache.close();
  }
}
