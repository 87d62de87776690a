import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Source } from '@purser/contracts';
import { controlPlane, type ControlPlane } from '../gateway/control-plane.ts';
import { startAllInOne } from '../processes/all-in-one.ts';
import type { Bench, BenchOptions, BenchReport } from '../report/bench.ts';
import { shown } from '../report/numbers.ts';
import { median, percentile } from '../report/percentile.ts';
import { writeFolderOfWork } from './folder-of-work.ts';

const WORK_EFFORTS = 1_000;
const TICKETS_EACH = 4;
/** Files that were written just now are read once more, and a new watch begins with one more reading. */
const SETTLED_AFTER_MS = 5_000;
const FIRST_SYNC_WITHIN_MS = 30_000;
const SEARCHES = ['leases', 'every cent', 'WE-260101-00', 'team-3', 'work eff', 'TKT-00aa-003'] as const;
const SEARCH_ROUNDS = 50;

interface Round {
  readonly firstMs: number;
  readonly unchangedMs: number;
}

interface Figures extends Round {
  readonly searchP95Ms: number;
}

/** A folder of work efforts as a source: what its first sync takes, one with nothing changed, and a search. */
export const workEffortsBench: Bench = {
  name: 'work-efforts',
  run: async (options) => {
    const folder = await mkdtemp(join(tmpdir(), 'purser-bench-work-'));
    try {
      options.say(`Writing ${WORK_EFFORTS} work efforts …`);
      await writeFolderOfWork(folder, WORK_EFFORTS, TICKETS_EACH);
      const purser = await startAllInOne();
      try {
        return reportOf(await measure(controlPlane(purser.url, purser.adminKey), folder, options), options);
      } finally {
        await purser.stop();
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function measure(api: ControlPlane, folder: string, { rounds, say }: BenchOptions): Promise<Figures> {
  const measured: Round[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    say(`Round ${round} of ${rounds} …`);
    measured.push(await oneRound(api, folder));
  }
  const id = await api.create('sources', { kind: 'directory', path: folder });
  await syncMs(api, id);
  return {
    firstMs: median(measured.map(({ firstMs }) => firstMs)),
    unchangedMs: median(measured.map(({ unchangedMs }) => unchangedMs)),
    searchP95Ms: await searchP95Ms(api),
  };
}

/** A source that is made, which reads it for the first time, and is read again when all has come to rest. */
async function oneRound(api: ControlPlane, folder: string): Promise<Round> {
  const startedAt = performance.now();
  let source = (await api.post('sources', { kind: 'directory', path: folder })) as Source;
  // The answer to a creation waits for the first sync, but not for ever.
  while (source.status !== 'ok') {
    if (performance.now() - startedAt > FIRST_SYNC_WITHIN_MS) throw new Error(`The first sync is ${source.status}.`);
    await sleep(5);
    source = (await api.get(`sources/${source.id}`)) as Source;
  }
  const firstMs = performance.now() - startedAt;
  await sleep(SETTLED_AFTER_MS);
  const unchangedMs = await syncMs(api, source.id);
  await api.remove(`sources/${source.id}`);
  return { firstMs, unchangedMs };
}

async function syncMs(api: ControlPlane, id: string): Promise<number> {
  const startedAt = performance.now();
  const { status, workEfforts } = (await api.post(`sources/${id}/sync`, {})) as Source;
  const tookMs = performance.now() - startedAt;
  if (status === 'ok' && workEfforts === WORK_EFFORTS) return tookMs;
  throw new Error(`The sync ended as ${status} with ${workEfforts} work efforts.`);
}

async function searchP95Ms(api: ControlPlane): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < SEARCH_ROUNDS; round += 1) {
    for (const q of SEARCHES) {
      const startedAt = performance.now();
      const { pagination } = (await api.get(`work-efforts?q=${encodeURIComponent(q)}`)) as {
        pagination: { total: number };
      };
      times.push(performance.now() - startedAt);
      if (pagination.total === 0) throw new Error(`Nothing was found for "${q}".`);
    }
  }
  return percentile(
    times.toSorted((a, b) => a - b),
    0.95,
  );
}

function reportOf(figures: Figures, { rounds }: BenchOptions): BenchReport {
  const targets = [
    ['first sync, ms', 1_000, figures.firstMs],
    ['sync with nothing changed, ms', 300, figures.unchangedMs],
    ['search, p95, ms', 50, figures.searchP95Ms],
  ] as const;
  return {
    title: `Work efforts: a folder of ${WORK_EFFORTS} with ${WORK_EFFORTS * TICKETS_EACH} tickets`,
    about: [
      `All four services in one process as \`npm start\` runs them, over HTTP, with the folder on the same machine; the medians of ${rounds} rounds. A first sync reads, parses and stores ${WORK_EFFORTS * (TICKETS_EACH + 1)} files; one with nothing changed looks at each of them. The search is ${SEARCHES.length * SEARCH_ROUNDS} requests, one after the other, for words, beginnings of words, ids and tags.`,
    ],
    tables: [
      {
        columns: ['target', 'aim', 'measured', 'met'],
        rows: targets.map(([what, most, value]) => [
          what,
          `at most ${most}`,
          shown(value),
          value <= most ? 'yes' : 'no',
        ]),
      },
    ],
    notes: [],
    figures,
  };
}
