import { fileURLToPath } from 'node:url';
import { contest as contestOf, type Measured } from '../../contest/contest.ts';
import type { BenchOptions } from '../../report/bench.ts';
import type { Job } from '../measures/job.ts';

const SCRIPT = fileURLToPath(new URL('../measure.main.js', import.meta.url));

/** Has caches do each job once a round; the medians, in the order of the jobs. */
export function contest(jobs: readonly Job[], options: Pick<BenchOptions, 'rounds' | 'say'>): Promise<Measured[]> {
  return contestOf(SCRIPT, jobs, options);
}
