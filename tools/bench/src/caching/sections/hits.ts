import { shown } from '../../report/numbers.ts';
import { contest } from './contest.ts';
import { contestants, type ContestantName } from '../contestants/index.ts';
import type { Job, Measured } from '../measures/job.ts';
import { figuresOf, loopSeconds, type Section, type SectionOf } from './section.ts';

const KEYS = 10_000;
const IN_FLIGHT = [1, 64] as const;

/** Whether with tags, two for each entry. */
const rows: readonly (readonly [ContestantName, tagged: boolean])[] = [
  ['purser', true],
  ['purser', false],
  ['bentocache', true],
  ['bentocache', false],
  ['bentocacheJson', false],
  ['cacheManager', false],
  ['cacheable', true],
  ['cacheable', false],
  ['lruFetch', false],
  ['lruGet', false],
];

/** Reads of what is in memory. */
export const hitSection: SectionOf = async (options) => {
  const seconds = loopSeconds(options);
  const jobs = rows.flatMap(([contestant, tagged]) =>
    IN_FLIGHT.map((inFlight): Job => {
      const reads = { inFlight, keys: KEYS, value: 'small', seconds } as const;
      return { contestant, measure: 'hits', place: { kind: 'memory' }, tagged, ...reads };
    }),
  );
  const measured = await contest(jobs, options);
  const figures = figuresOf(jobs, measured);
  return { name: 'hits', table: tableOf(measured), notes: [], figures };
};

function tableOf(measured: readonly Measured[]): Section['table'] {
  return {
    columns: ['hits in memory', 'tags', ...IN_FLIGHT.map((count) => `reads/s, ${count} at a time`)],
    rows: rows.map(([contestant, tagged], row) => [
      ...[contestants[contestant].label, tagged ? '2' : 'none'],
      ...IN_FLIGHT.map((_, column) => shown(measured[row * IN_FLIGHT.length + column]!['perSecond'])),
    ]),
  };
}

/** Reads a second of one contestant, each waited for by itself. */
export function perSecondOf({ figures }: Section, contestant: ContestantName, tagged: boolean): number {
  const all = figures as readonly (Job & { tagged: boolean; inFlight: number; perSecond: number })[];
  return all.find((each) => each.contestant === contestant && each.tagged === tagged && each.inFlight === 1)!.perSecond;
}
