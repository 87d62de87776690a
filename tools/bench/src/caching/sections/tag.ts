import { shown } from '../../report/numbers.ts';
import { contest } from './contest.ts';
import { contestants, type ContestantName } from '../contestants/index.ts';
import type { Job } from '../measures/job.ts';
import { figuresOf, type SectionOf } from './section.ts';

const KEYS = 1_000_000;
const MOST_ROUNDS = 3;
const rows: readonly ContestantName[] = ['purser', 'bentocache', 'cacheable'];

/** A tag that a million entries have. */
export const tagSection: SectionOf = async (options) => {
  const jobs = rows.map((contestant): Job => ({ contestant, measure: 'tag', keys: KEYS }));
  // Filling takes far longer than what is measured.
  const rounds = Math.min(options.rounds, MOST_ROUNDS);
  const measured = await contest(jobs, { ...options, rounds });
  const olderOf = rows.map((contestant, row) => [contestants[contestant].label, measured[row]!['older']!] as const);
  return {
    name: 'tag',
    table: {
      columns: ['one tag of 1 000 000 entries', 'invalidated in ms', 'each read after that, µs', 'older values read'],
      rows: rows.map((contestant, row) => {
        const { invalidationMs, readUs, older } = measured[row]!;
        return [contestants[contestant].label, shown(invalidationMs), shown(readUs), String(older)];
      }),
    },
    notes: [
      'cache-manager and lru-cache have no tags.',
      ...olderOf.filter(([, older]) => older > 0).map(([label, older]) => `${label} gave ${older} older values out.`),
    ],
    figures: figuresOf(jobs, measured),
  };
};
