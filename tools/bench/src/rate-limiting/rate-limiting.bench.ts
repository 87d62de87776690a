import { fileURLToPath } from 'node:url';
import { contest, type Measured } from '../contest/contest.ts';
import { startRedis } from '../processes/redis-server.ts';
import type { Bench, BenchOptions, BenchReport } from '../report/bench.ts';
import { shown } from '../report/numbers.ts';
import { versionsOf } from '../report/versions.ts';
import type { Place } from './contestant.ts';
import { contestants, type ContestantName } from './contestants/index.ts';
import type { Job } from './job.ts';

const SCRIPT = fileURLToPath(new URL('./measure.main.js', import.meta.url));
const CLIENTS = 10_000;
const MANY_CLIENTS = 1_000_000;
const IN_FLIGHT = [1, 64] as const;
const MEMORY: Place = { kind: 'memory' };
const names = Object.keys(contestants) as ContestantName[];
/** Those that have a store in Redis. */
const overRedis: readonly ContestantName[] = ['purser', 'flexible'];

type Figure = Job & Measured;

/** Limits beside those that its users would take else. */
export const rateLimitingBench: Bench = {
  name: 'rate-limiting',
  run: async (options) => {
    const redis = await startRedis();
    try {
      const jobs = jobsOf(redis && { kind: 'redis', url: redis.url }, options);
      const measured = await contest(SCRIPT, jobs, options);
      const figures = jobs.map((job, index) => ({ ...job, ...measured[index]! }) as Figure);
      return reportOf(figures, redis !== undefined, options);
    } finally {
      await redis?.stop();
    }
  },
};

function jobsOf(redis: Place | undefined, options: BenchOptions): Job[] {
  const seconds = options.seconds / 4;
  const takes = (contestant: ContestantName, place: Place, limits: 1 | 3, inFlight: number): Job => {
    return { contestant, measure: 'takes', place, clients: CLIENTS, inFlight, limits, seconds };
  };
  const atOnce = (contestant: ContestantName, place: Place, limits: 1 | 3): Job[] =>
    IN_FLIGHT.map((inFlight) => takes(contestant, place, limits, inFlight));
  return [
    ...names.flatMap((name) => takes(name, MEMORY, 1, 1)),
    ...overRedis.flatMap((name) => takes(name, MEMORY, 3, 1)),
    ...names.map((contestant): Job => ({ contestant, measure: 'memory', place: MEMORY, clients: MANY_CLIENTS })),
    ...(redis ? overRedis.flatMap((name) => [1, 3].flatMap((limits) => atOnce(name, redis, limits as 1 | 3))) : []),
  ];
}

function reportOf(figures: readonly Figure[], hasRedis: boolean, { rounds }: BenchOptions): BenchReport {
  const versions = versionsOf(names.map((name) => contestants[name].packageName)).join(', ');
  return {
    title: 'Rate limiting: a library beside its peers',
    about: [
      `Calls of ${CLIENTS} clients in turn, all let through. Each contestant in a Node of its own, in turn, the medians of ${rounds} rounds. Three limits are a key's, its account's and a provider's, all taken or none: rate-limiter-flexible's \`RateLimiterUnion\` takes of each by itself, and what others have taken stays taken where one refuses. Purser's is a token bucket with statistics for each client; the peers count in fixed windows (the throttler keeps the end of each call).`,
      `${versions}.`,
    ],
    tables: [targets(figures, hasRedis), inMemory(figures), ...(hasRedis ? [inRedis(figures)] : [])],
    notes: hasRedis ? [] : ['There is no redis-server here: limits over Redis were not measured.'],
    figures,
  };
}

function perSecond(figures: readonly Figure[], name: ContestantName, place: string, limits = 1, inFlight = 1): number {
  const found = figures.find(
    (each) =>
      each.measure === 'takes' &&
      each.contestant === name &&
      each.place.kind === place &&
      each.limits === limits &&
      each.inFlight === inFlight,
  );
  return found?.['perSecond'] ?? Number.NaN;
}

function targets(figures: readonly Figure[], hasRedis: boolean): BenchReport['tables'][number] {
  const rows: (readonly [string, number])[] = [];
  const compare = (what: string, peer: ContestantName, ...where: [string, number?, number?]): void => {
    const times = perSecond(figures, 'purser', ...where) / perSecond(figures, peer, ...where);
    rows.push([`${what}, × ${contestants[peer].label}`, times]);
  };
  compare('one limit in memory, awaited', 'flexible', 'memory');
  compare('one limit in memory, awaited', 'throttler', 'memory');
  if (hasRedis) {
    compare('one limit over Redis, 1 at a time', 'flexible', 'redis', 1, 1);
    compare('one limit over Redis, 64 at a time', 'flexible', 'redis', 1, 64);
    compare('three limits over Redis, 64 at a time', 'flexible', 'redis', 3, 64);
  }
  return {
    columns: ['target', 'aim', 'measured', 'met'],
    rows: rows.map(([what, times]) => [what, 'at least 1.00', shown(times), times >= 1 ? 'yes' : 'no']),
  };
}

function inMemory(figures: readonly Figure[]): BenchReport['tables'][number] {
  return {
    columns: ['in memory', 'takes/s, awaited', 'without a promise', 'of three limits', 'bytes a client'],
    rows: names.map((name) => {
      const of = (measure: string) => figures.find((each) => each.contestant === name && each.measure === measure)!;
      const three = perSecond(figures, name, 'memory', 3);
      const sync = of('takes')['syncPerSecond'];
      return [
        contestants[name].label,
        shown(perSecond(figures, name, 'memory')),
        sync === undefined ? '' : shown(sync),
        Number.isNaN(three) ? '' : shown(three),
        shown(of('memory')['bytesEach']!),
      ];
    }),
  };
}

function inRedis(figures: readonly Figure[]): BenchReport['tables'][number] {
  const cases = [1, 3].flatMap((limits) => IN_FLIGHT.map((inFlight) => ({ limits, inFlight })));
  const columns = cases.map(
    ({ limits, inFlight }) => `${limits === 1 ? 'one limit' : 'three limits'}/s, ${inFlight} at a time`,
  );
  return {
    columns: ['over Redis', ...columns],
    rows: overRedis.map((name) => [
      contestants[name].label,
      ...cases.map(({ limits, inFlight }) => shown(perSecond(figures, name, 'redis', limits, inFlight))),
    ]),
  };
}
