import { fileURLToPath } from 'node:url';
import { contest } from '../contest/contest.ts';
import type { Bench, BenchReport } from '../report/bench.ts';
import { shown } from '../report/numbers.ts';
import { versionsOf } from '../report/versions.ts';
import { contestants, type ContestantName } from './contestants/index.ts';
import type { Job } from './job.ts';

const SCRIPT = fileURLToPath(new URL('./measure.main.js', import.meta.url));
const RESOURCES = 10;
/** One, and more than there are resources for. */
const CALLERS = [1, 64] as const;
const names = Object.keys(contestants) as ContestantName[];

/** A pool beside those that its users would take else: what lending itself costs. */
export const poolingBench: Bench = {
  name: 'pooling',
  run: async (options) => {
    const seconds = options.seconds / 4;
    const jobs = names.flatMap((contestant) =>
      CALLERS.map((callers): Job => ({ contestant, measure: 'turns', resources: RESOURCES, callers, seconds })),
    );
    const measured = await contest(SCRIPT, jobs, options);
    const figures = jobs.map((job, index) => ({ ...job, ...measured[index]! }) as Figure);
    return reportOf(figures, options.rounds);
  },
};

type Figure = Job & { readonly perSecond: number; readonly syncPerSecond?: number };

function reportOf(figures: readonly Figure[], rounds: number): BenchReport {
  const versions = versionsOf(names.map((name) => contestants[name].packageName)).join(', ');
  return {
    title: 'Pooling: a library beside its peers',
    about: [
      `Acquire and release of one of ${RESOURCES} that cost nothing to make and do nothing: what lending costs. Each contestant in a Node of its own, in turn, the medians of ${rounds} rounds; \`await acquire()\`, and \`tryAcquire()\` where a pool has it. All statistics are on, as they always are.`,
      `${versions}.`,
    ],
    tables: [targets(figures), table(figures)],
    notes: [],
    figures,
  };
}

function find(figures: readonly Figure[], contestant: ContestantName, callers: number): Figure {
  return figures.find((each) => each.contestant === contestant && each.callers === callers)!;
}

function targets(figures: readonly Figure[]): BenchReport['tables'][number] {
  const rows = CALLERS.flatMap((callers) =>
    (['genericPool', 'tarn'] as const).map((peer) => {
      const times = find(figures, 'purser', callers).perSecond / find(figures, peer, callers).perSecond;
      const what = `acquire and release, ${callers} at a time, × ${contestants[peer].label}`;
      return [what, 'at least 1.00', shown(times), times >= 1 ? 'yes' : 'no'];
    }),
  );
  return { columns: ['target', 'aim', 'measured', 'met'], rows };
}

function table(figures: readonly Figure[]): BenchReport['tables'][number] {
  return {
    columns: ['pool', ...CALLERS.map((callers) => `turns/s, ${callers} at a time`), 'without a promise'],
    rows: names.map((name) => {
      const { syncPerSecond } = find(figures, name, 1);
      const turns = CALLERS.map((callers) => shown(find(figures, name, callers).perSecond));
      return [contestants[name].label, ...turns, syncPerSecond === undefined ? '' : shown(syncPerSecond)];
    }),
  };
}
