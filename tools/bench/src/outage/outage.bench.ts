import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { untilSettled } from '../gateway/settled.ts';
import type { LoadJob, LoadResult } from '../http/load-job.ts';
import { startAllInOne } from '../processes/all-in-one.ts';
import { startNode, type NodeProcess } from '../processes/node-process.ts';
import { Opened } from '../processes/opened.ts';
import type { Bench, BenchOptions, BenchReport } from '../report/bench.ts';
import { shown } from '../report/numbers.ts';
import { layGround, providerNames, usageRows, type ProviderName } from './ground.ts';
import { inAll, order, runPhase, type Pace, type Phase, type Surroundings } from './phases.ts';
import { attemptsTable, clientsTable, recovery, targetsTable } from './tables.ts';

/** For how long a breaker leaves a provider alone at most; the default, and what Purser is started with here. */
const INTERVAL_MS = 30_000;
const MOST_PER_SECOND = 1_000;
/** Of what the machine carries at most, so that what is measured is no queue of the load's own. */
const SHARE_OF_CAPACITY = 0.5;
const WARM_UP = { connections: 64, seconds: 5 };
const LOAD_SLACK_MS = 30_000;
/** Usage is reported a little after it was settled. */
const REPORTED_WITHIN_MS = 30_000;

const script = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** A provider that fails everything for a while, and what that does to those who ask others. */
export const outageBench: Bench = {
  name: 'outage',
  run: async (options) => {
    const opened = new Opened();
    try {
      const upstream = (): Promise<NodeProcess> =>
        opened.add(startNode(script('../http/upstream.js'), { readyLine: /ready on (\S+)/ }));
      const upstreams = { well: await upstream(), failing: await upstream() };
      const closedLoad = await opened.add(startNode(script('../http/load.js'), { readyLine: /is ready/ }));
      const load = await opened.add(startNode(script('../http/paced-load.js'), { readyLine: /is ready/ }));
      options.say('starting Purser');
      const purser = await opened.add(startAllInOne({ PROVIDER_BREAKER_MAX_OPEN_MS: String(INTERVAL_MS) }));
      const urls = { well: upstreams.well.ready, failing: upstreams.failing.ready };
      const around = { ground: await layGround(purser, urls), upstreams, load };
      const pace = await paceOf(around, closedLoad, options);
      const phases = await runPhases(around, pace, options);
      options.say('checking that everything is accounted for');
      return reportOf(phases, pace, await accounted(around));
    } finally {
      await opened.stop();
    }
  },
};

/** Half of what Purser carries, for it shares the machine with all the others; it is warm then. */
async function paceOf(around: Surroundings, load: NodeProcess, { say }: BenchOptions): Promise<Pace> {
  say('warming up');
  const job: LoadJob = { ...around.ground.targets.well, ...WARM_UP };
  const { requestsPerSecond } = (await load.ask(job, WARM_UP.seconds * 1_000 + LOAD_SLACK_MS)) as LoadResult;
  const perSecond = Math.min(MOST_PER_SECOND, requestsPerSecond * SHARE_OF_CAPACITY);
  const share = (of: number): number => Math.max(1, Math.round(perSecond * of));
  return { well: share(0.45), failing: share(0.45), route: share(0.1) };
}

async function runPhases(around: Surroundings, pace: Pace, { seconds, say }: BenchOptions): Promise<Phase[]> {
  const plan = [
    ['before', 5 * seconds],
    ['outage', 20 * seconds],
    // It may have been left alone just before it was well again, for the whole interval.
    ['after', INTERVAL_MS / 1_000 + 5 * seconds],
  ] as const;
  const phases: Phase[] = [];
  for (const [name, lasts] of plan) {
    say(`${name}: ${lasts} s at ${pace.well} + ${pace.failing} + ${pace.route} requests/s`);
    phases.push(await runPhase(around, name, pace, lasts));
  }
  return phases;
}

/** @throws Error where an attempt has no usage row, or money is wrong or held */
async function accounted({ ground: { api, budgetId }, upstreams }: Surroundings): Promise<string[]> {
  const answers = { well: await order(upstreams.well), failing: await order(upstreams.failing) };
  const settled = await untilSettled(api, budgetId, answers.well.completions + answers.failing.completions);
  const agrees = (rows: Readonly<Record<ProviderName, number>>): boolean =>
    providerNames.every((name) => rows[name] === inAll(answers[name]));
  const deadline = performance.now() + REPORTED_WITHIN_MS;
  let rows = await usageRows(api);
  while (!agrees(rows) && performance.now() < deadline) {
    await sleep(200);
    rows = await usageRows(api);
  }
  const told = providerNames.map((name) => `${rows[name]} of ${inAll(answers[name])} at the ${name} provider`);
  const sentence = `Attempts that became usage rows: ${told.join(', ')}.`;
  if (!agrees(rows)) throw new Error(sentence);
  return [settled, sentence];
}

function reportOf(phases: readonly Phase[], pace: Pace, notes: readonly string[]): BenchReport {
  const perSecond = pace.well + pace.failing + pace.route;
  const [before, outage, after] = phases.map(({ seconds }) => seconds);
  const { firstServedMs, allServedMs } = recovery(phases[2]!);
  const retries = phases.map(({ name, retries: count }) => `${count} ${name}`).join(', ');
  return {
    title: 'Gateway: a provider that fails',
    about: [
      `Purser as \`npm start\` runs it, with two providers that answer at once; one of them answers everything with status 500 for ` +
        `${outage} s, after ${before} s and before ${after} s in which it is well. ${shown(perSecond)} requests/s at a fixed pace, whatever ` +
        `becomes of those before them (at most ${shown(MOST_PER_SECOND)}, and half of what the machine carried): ${pace.well} for a model of ` +
        `the well provider, ${pace.failing} for one of the failing provider, ${pace.route} for a route that falls back from the failing one to ` +
        'the other. Once, for it is one course of events. Load generator, upstreams and Purser share the machine.',
      'Latencies are those of answers with status 200, from when a request was due where its connection was still busy then.',
    ],
    tables: [targetsTable(phases, INTERVAL_MS), clientsTable(phases), attemptsTable(phases)],
    notes: [
      `The provider was asked again with success ${shown(firstServedMs / 1_000)} s after it was well again, and nothing failed any more from ` +
        `${shown(allServedMs / 1_000)} s on; a breaker leaves it alone for ${INTERVAL_MS / 1_000} s at most.`,
      `Retries: ${retries}.`,
      ...notes,
    ],
    figures: { pace, phases, intervalMs: INTERVAL_MS, firstServedMs, allServedMs },
  };
}
