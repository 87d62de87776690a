import { shown } from '../../report/numbers.ts';
import { contest } from './contest.ts';
import { contestants, type ContestantName } from '../contestants/index.ts';
import type { Job } from '../measures/job.ts';
import { figuresOf, type SectionOf } from './section.ts';

const CALLERS = 10_000;
const LOAD_MS = 20;
const rows: readonly ContestantName[] = [
  ...(['purser', 'bentocache', 'cacheManager', 'cacheable', 'lruFetch', 'lruGet'] as const),
];

/** Many who ask for the same at once. */
export const stampedeSection: SectionOf = async (options) => {
  const jobs = rows.map((contestant): Job => {
    return { contestant, measure: 'stampede', callers: CALLERS, loadMs: LOAD_MS };
  });
  const measured = await contest(jobs, options);
  return {
    name: 'stampede',
    table: {
      columns: [`10 000 ask for one key, loaded in ${LOAD_MS} ms`, 'loads', 'all answered after, ms'],
      rows: rows.map((contestant, row) => {
        const { loads, ms } = measured[row]!;
        return [contestants[contestant].label, String(loads), shown(ms)];
      }),
    },
    notes: [],
    figures: figuresOf(jobs, measured),
  };
};
