import { shown } from '../../report/numbers.ts';
import { contest } from './contest.ts';
import { contestants, type ContestantName } from '../contestants/index.ts';
import type { Job } from '../measures/job.ts';
import { VALUE_NAMES, type ValueSize } from '../values.ts';
import { figuresOf, type SectionOf } from './section.ts';

const KEYS = 40_000;
const sizes: readonly ValueSize[] = ['small', 'large'];
const rows: readonly ContestantName[] = [
  ...(['purser', 'bentocache', 'bentocacheJson', 'cacheManager', 'cacheable', 'lruFetch', 'lruGet'] as const),
];

/** Reads of what has to be loaded, from a source that answers at once. */
export const missSection: SectionOf = async (options) => {
  const jobs = rows.flatMap((contestant) =>
    sizes.map((value): Job => ({ contestant, measure: 'misses', tagged: false, keys: KEYS, value })),
  );
  const measured = await contest(jobs, options);
  return {
    name: 'misses',
    table: {
      columns: ['misses, loaded at once', ...sizes.map((size) => `loads/s of ${VALUE_NAMES[size]}`)],
      rows: rows.map((contestant, row) => [
        contestants[contestant].label,
        ...sizes.map((_, column) => shown(measured[row * sizes.length + column]!['perSecond'])),
      ]),
    },
    notes: [],
    figures: figuresOf(jobs, measured),
  };
};
