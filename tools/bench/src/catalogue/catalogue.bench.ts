import { fileURLToPath } from 'node:url';
import { controlPlane } from '../gateway/control-plane.ts';
import type { LoadJob, LoadResult } from '../http/load-job.ts';
import { startAllInOne } from '../processes/all-in-one.ts';
import { startNode, type NodeProcess } from '../processes/node-process.ts';
import { Opened } from '../processes/opened.ts';
import { residentMb } from '../processes/proc.ts';
import type { Bench, BenchOptions, BenchReport, Table } from '../report/bench.ts';
import { shown } from '../report/numbers.ts';
import { median } from '../report/percentile.ts';
import { createDefinitions, definitionOf } from './definitions.ts';

const DEFINITIONS = 1_000;
const LOAD_SLACK_MS = 30_000;

/** MDL 1.0, as it was measured on a machine of this kind before Purser began; it is not run here. */
const MDL = { name: 'MDL 1.0, measured earlier', list: 1_104, p50: 52, p99: 644, byId: 2_853, mb: 269 };
const MDL_CROWD = { p50: 513, p99: 661, failures: 70 };
const TIMES_MDL = 10;
const CROWD_P95_MS = 120;

interface Case {
  readonly what: string;
  readonly path: string;
  readonly connections: number;
}

const cases: readonly Case[] = [
  { what: 'list, 12 a page', path: '/api/v1/metrics?limit=12', connections: 64 },
  { what: 'list, 50 a page', path: '/api/v1/metrics?limit=50', connections: 64 },
  { what: 'by id', path: `/api/v1/metrics/${String(definitionOf(7)['metricId'])}`, connections: 64 },
  { what: 'list, 12 a page', path: '/api/v1/metrics?limit=12', connections: 1_000 },
];

interface Figures extends Case {
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly failures: number;
}

/** The metric catalogue's list, as everybody who opens a page asks for it. */
export const catalogueBench: Bench = {
  name: 'catalogue',
  run: async (options) => {
    const opened = new Opened();
    try {
      const script = fileURLToPath(new URL('../http/load.js', import.meta.url));
      const load = await opened.add(startNode(script, { readyLine: /is ready/ }));
      const purser = await opened.add(startAllInOne());
      options.say(`making ${DEFINITIONS} definitions`);
      await createDefinitions(controlPlane(purser.url, purser.adminKey), DEFINITIONS);
      const target = {
        ...({ method: 'GET', port: Number(new URL(purser.url).port), body: '' } as const),
        headers: { authorization: `Bearer ${purser.adminKey}` },
      };
      const figures = await measureAll(load, target, options);
      return reportOf(figures, residentMb(purser.pid), options);
    } finally {
      await opened.stop();
    }
  },
};

async function measureAll(
  load: NodeProcess,
  target: Omit<LoadJob, 'path' | 'connections' | 'seconds'>,
  { rounds, seconds, say }: BenchOptions,
): Promise<Figures[]> {
  const ask = async ({ path, connections }: Case, lasting: number): Promise<LoadResult> => {
    const job: LoadJob = { ...target, path, connections, seconds: lasting };
    return (await load.ask(job, lasting * 1_000 + LOAD_SLACK_MS)) as LoadResult;
  };
  for (const each of cases) await ask(each, Math.min(2, seconds));
  const results = new Map<Case, LoadResult[]>(cases.map((each) => [each, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const each of cases) {
      const result = await ask(each, seconds);
      results.get(each)!.push(result);
      const figures = `${Math.round(result.requestsPerSecond)}/s, p95 ${result.p95Ms.toFixed(1)} ms`;
      say(`round ${round} of ${rounds}, ${each.what}, ${each.connections} connections: ${figures}`);
    }
  }
  return [...results].map(([each, all]) => ({
    ...each,
    requestsPerSecond: median(all.map((one) => one.requestsPerSecond)),
    p50Ms: median(all.map(({ p50Ms }) => p50Ms)),
    p95Ms: median(all.map(({ p95Ms }) => p95Ms)),
    p99Ms: median(all.map(({ p99Ms }) => p99Ms)),
    failures: all.flatMap((one) => Object.values(one.failures)).reduce((sum, count) => sum + count, 0),
  }));
}

function reportOf(figures: readonly Figures[], mb: number | undefined, { rounds, seconds }: BenchOptions): BenchReport {
  return {
    title: 'Metric catalogue: the list of definitions',
    about: [
      `${DEFINITIONS} definitions of over a kilobyte, read over HTTP with the admin key from Purser in one process, ${rounds} × ` +
        `${seconds} s; the medians. Load generator, Purser and its database share the machine. MDL 1.0 is the catalogue that ` +
        'Purser’s succeeds: its figures were measured earlier on a machine of this kind, not beside these, so the ratio is a ' +
        'hint and no more. Its 1 000 connections had 70 timeouts.',
    ],
    tables: [figuresTable(figures, mb), targetsTable(figures)],
    notes: [],
    figures: { figures, residentMb: mb, mdl: { ...MDL, crowd: MDL_CROWD } },
  };
}

function figuresTable(figures: readonly Figures[], mb: number | undefined): Table {
  const own = figures.map((each) => [
    ...['Purser', each.what, String(each.connections), shown(each.requestsPerSecond)],
    ...[shown(each.p50Ms), shown(each.p95Ms), shown(each.p99Ms), String(each.failures), shown(mb)],
  ]);
  const mdl = (what: string, connections: number, cells: readonly string[]): string[] => [
    ...[MDL.name, what, String(connections), ...cells, shown(MDL.mb)],
  ];
  return {
    columns: ['catalogue', 'what', 'connections', 'requests/s', 'p50 ms', 'p95 ms', 'p99 ms', 'failed', 'MB after'],
    rows: [
      ...own,
      mdl('list, 12 a page', 64, [shown(MDL.list), shown(MDL.p50), '–', shown(MDL.p99), '–']),
      mdl('by id', 64, [shown(MDL.byId), '–', '–', '–', '–']),
      mdl('list, 12 a page', 1_000, [
        ...['–', shown(MDL_CROWD.p50), '–', shown(MDL_CROWD.p99), String(MDL_CROWD.failures)],
      ]),
    ],
  };
}

function targetsTable(figures: readonly Figures[]): Table {
  const [list, , , crowd] = figures;
  const times = list!.requestsPerSecond / MDL.list;
  const row = (what: string, aim: string, measured: string, met: boolean): string[] => [
    ...[what, aim, measured, met ? 'yes' : 'no'],
  ];
  return {
    columns: ['target', 'aim', 'measured', 'met'],
    rows: [
      row('requests/s, 12 a page, × MDL', `at least ${TIMES_MDL}`, shown(times), times >= TIMES_MDL),
      row('p95 at 1 000 connections, ms', `at most ${CROWD_P95_MS}`, shown(crowd!.p95Ms), crowd!.p95Ms <= CROWD_P95_MS),
      row('failed at 1 000 connections', 'none', String(crowd!.failures), crowd!.failures === 0),
    ],
  };
}
