import { shown } from '../../report/numbers.ts';
import { contest } from './contest.ts';
import { contestants, type ContestantName } from '../contestants/index.ts';
import type { Job } from '../measures/job.ts';
import { VALUE_NAMES, type ValueSize } from '../values.ts';
import { figuresOf, type SectionOf } from './section.ts';

const KEYS = 100_000;
const SIZES: readonly ValueSize[] = ['small', 'large'];
const rows: readonly ContestantName[] = [
  ...(['purser', 'bentocache', 'bentocacheJson', 'cacheManager', 'cacheable', 'lruFetch'] as const),
];

/** What entries take, and what Purser says that they take. */
export const memorySection: SectionOf = async (options) => {
  const jobs = rows.flatMap((contestant) =>
    SIZES.map((value): Job => ({ contestant, measure: 'memory', keys: KEYS, value })),
  );
  // Nothing here depends on who else is busy.
  const measured = await contest(jobs, { ...options, rounds: 1 });
  return {
    name: 'memory',
    table: {
      columns: [
        'memory of 100 000 entries',
        ...SIZES.flatMap((size) => [`heap per entry of ${VALUE_NAMES[size]}, bytes`, 'counted, bytes']),
      ],
      rows: rows.map((contestant, row) => [
        contestants[contestant].label,
        ...SIZES.flatMap((_, column) => {
          const { heapBytes, countedBytes } = measured[row * SIZES.length + column]!;
          return [shown(heapBytes), shown(countedBytes)];
        }),
      ]),
    },
    notes: ['Memory is what the heap and buffers hold after garbage collection, keys and values included.'],
    figures: figuresOf(jobs, measured),
  };
};
