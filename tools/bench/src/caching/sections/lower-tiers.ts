import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchOptions } from '../../report/bench.ts';
import { shown } from '../../report/numbers.ts';
import { contest } from './contest.ts';
import type { Place } from '../contestant.ts';
import { contestants, type ContestantName } from '../contestants/index.ts';
import type { Job, Measured } from '../measures/job.ts';
import { startRedis } from '../../processes/redis-server.ts';
import { VALUE_NAMES } from '../values.ts';
import { figuresOf, loopSeconds, type SectionOf } from './section.ts';

const KEYS = 2_000;
const IN_FLIGHT = [1, 64] as const;
const SIZES = ['small', 'large'] as const;
const LABELS = { disk: 'disk', redis: 'Redis' } as const;

interface Row {
  readonly contestant: ContestantName;
  readonly place: Place;
}

/** Reads of what only the disk, or only a Redis on the same machine, has. */
export const lowerTierSection: SectionOf = async (options) => {
  const folder = await mkdtemp(join(tmpdir(), 'purser-bench-cache-'));
  const redis = await startRedis();
  try {
    const rows = [...onDisk(folder), ...(redis === undefined ? [] : inRedis(redis.url))];
    return await measured(rows, redis !== undefined, options);
  } finally {
    await redis?.stop();
    await rm(folder, { recursive: true, force: true });
  }
};

function onDisk(folder: string): Row[] {
  const names = ['purser', 'bentocache'] as const;
  return names.map((contestant) => ({ contestant, place: { kind: 'disk', folder: join(folder, contestant) } }));
}

function inRedis(url: string): Row[] {
  const names = ['purser', 'bentocache', 'cacheManager', 'cacheable'] as const;
  return names.map((contestant) => ({ contestant, place: { kind: 'redis', url } }));
}

async function measured(rows: readonly Row[], hasRedis: boolean, options: BenchOptions): ReturnType<SectionOf> {
  const seconds = loopSeconds(options);
  const jobs = rows.flatMap((row) =>
    SIZES.flatMap((value) =>
      IN_FLIGHT.map((inFlight): Job => {
        return { ...row, measure: 'hits', tagged: false, inFlight, keys: KEYS, value, seconds };
      }),
    ),
  );
  const results = await contest(jobs, options);
  const perRow = SIZES.length * IN_FLIGHT.length;
  return {
    name: 'lowerTiers',
    table: {
      columns: [
        ...['hits below memory', 'where'],
        ...SIZES.flatMap((size) => IN_FLIGHT.map((count) => `reads/s of ${VALUE_NAMES[size]}, ${count} at a time`)),
      ],
      rows: rows.map(({ contestant, place }, row) => [
        ...[contestants[contestant].label, LABELS[place.kind as keyof typeof LABELS]],
        ...results.slice(row * perRow, (row + 1) * perRow).map(({ perSecond }) => shown(perSecond)),
      ]),
    },
    notes: [
      'Memory holds nothing here, so that each read goes below. Purser keeps its entries on disk in SQLite, in a thread of its own; bentocache in a file for each. cacheable and cache-manager have no store on disk that needs no compiler to install.',
      ...(hasRedis ? [] : ['There is no `redis-server` here: Redis was left out.']),
      ...missedNotes(jobs, results),
    ],
    figures: figuresOf(jobs, results),
  };
}

function missedNotes(jobs: readonly Job[], results: readonly Measured[]): string[] {
  return jobs.flatMap(({ contestant }, index) => {
    const missed = results[index]!['missed']!;
    return missed === 0 ? [] : [`${contestants[contestant].label}: ${missed} of the reads below memory found nothing.`];
  });
}
