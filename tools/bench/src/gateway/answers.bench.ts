import { fileURLToPath } from 'node:url';
import { startNode } from '../processes/node-process.ts';
import { Opened } from '../processes/opened.ts';
import type { Bench, BenchOptions, BenchReport, Table } from '../report/bench.ts';
import { shown } from '../report/numbers.ts';
import type { RunningGateway } from './contestant.ts';
import { figuresOf, measure, type Entrant } from './measure.ts';
import { purser } from './purser.ts';

const CONNECTIONS = [1, 32, 256];
/** How long the gateway keeps an answer that only a header asks for, less some time for its loads to end. */
const KEPT_MS = 290_000;

const script = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Answers that are kept beside those that a provider gives at once, from one gateway in one run. */
export const answersBench: Bench = {
  name: 'answers',
  run: async (options) => {
    const opened = new Opened();
    try {
      const upstream = await opened.add(startNode(script('../http/upstream.js'), { readyLine: /ready on (\S+)/ }));
      const load = await opened.add(startNode(script('../http/load.js'), { readyLine: /is ready/ }));
      options.say('starting Purser');
      const gateway = await opened.add(purser.start(upstream.ready));
      const asked = entrantOf('asked', 'a provider is asked each time, which answers at once', gateway, {});
      const kept = entrantOf('kept', 'a kept answer is given each time', gateway, { 'x-purser-cache': 'on' });
      const startedAt = performance.now();
      await measure([asked, kept], load, { ...options, connections: CONNECTIONS });
      return await reportOf(asked, kept, performance.now() - startedAt, options);
    } finally {
      await opened.stop();
    }
  },
};

function entrantOf(name: string, what: string, gateway: RunningGateway, headers: Record<string, string>): Entrant {
  const target = { ...gateway.target, headers: { ...gateway.target.headers, ...headers } };
  const figures = { results: new Map(), idleMb: undefined, loadedMb: undefined, served: 0, failures: {} };
  return { contestant: { ...purser, name, what }, gateway: { ...gateway, target }, ...figures };
}

async function reportOf(asked: Entrant, kept: Entrant, tookMs: number, options: BenchOptions): Promise<BenchReport> {
  const { rounds, seconds } = options;
  if (tookMs > KEPT_MS) throw new Error(`This took longer than an answer is kept: choose fewer rounds or seconds.`);
  const failed = Object.entries({ ...asked.failures, ...kept.failures });
  // Of all the others one alone was paid for.
  const notes =
    failed.length > 0 ? failed.map(([what, n]) => `${n} × ${what}`) : await asked.gateway.verify!(asked.served + 1);
  return {
    title: 'Gateway: kept answers',
    about: [
      `The same request with and without \`x-purser-cache: on\`, in turn, ${rounds} × ${seconds} s at ${CONNECTIONS.join(', ')} connections; the medians. Everything shares the machine. Each hit is recorded in the journal and becomes a usage row, as each attempt is.`,
      [asked, kept].map(({ contestant: { name, what } }) => `- **${name}**: ${what}`).join('\n'),
    ],
    tables: [answersTable(asked, kept)],
    notes: [...notes, `${kept.served} kept answers were given, which cost what one attempt cost.`],
    figures: Object.fromEntries(
      [asked, kept].map((entrant) => [
        entrant.contestant.name,
        Object.fromEntries(CONNECTIONS.map((count) => [count, figuresOf(entrant, count)])),
      ]),
    ),
  };
}

function answersTable(asked: Entrant, kept: Entrant): Table {
  const rows = CONNECTIONS.flatMap((count) =>
    [asked, kept].map((entrant) => {
      const { requestsPerSecond, p50Ms, p99Ms } = figuresOf(entrant, count);
      const ratio = requestsPerSecond / figuresOf(asked, count).requestsPerSecond;
      return [
        String(count),
        entrant.contestant.name,
        shown(requestsPerSecond),
        shown(ratio),
        shown(p50Ms),
        shown(p99Ms),
      ];
    }),
  );
  return { columns: ['connections', 'answer', 'requests/s', '× asked', 'p50 ms', 'p99 ms'], rows };
}
