import { fileURLToPath } from 'node:url';
import { startAllInOne } from '../processes/all-in-one.ts';
import { startNode } from '../processes/node-process.ts';
import { Opened } from '../processes/opened.ts';
import type { Bench, BenchReport, Table } from '../report/bench.ts';
import { shown } from '../report/numbers.ts';
import { timedClient } from './client.ts';
import { fill, type Amounts } from './data.ts';
import { describedOperations } from './description.ts';
import { measureRead, type Measured, type Skipped } from './reads.ts';
import { measureWrites } from './writes.ts';

const AMOUNTS: Amounts = { metrics: 1_000, workEfforts: 1_000, usageRows: 100_000 };
const TARGET_P95_MS = 50;
/** Calls a round and operation. */
const READS = 60;
const WRITES = 15;

const script = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Every answer of the control plane, with much in it; the operations are those that Purser's own description names. */
export const apiBench: Bench = {
  name: 'api',
  run: async ({ rounds, say }) => {
    const opened = new Opened();
    try {
      const ready = { readyLine: /ready on (\S+)/ };
      const upstream = await opened.add(startNode(script('../http/upstream.js'), ready));
      const load = await opened.add(startNode(script('../http/load.js'), { readyLine: /is ready/ }));
      const purser = await opened.add(startAllInOne());
      const ground = await fill(purser, upstream.ready, load, AMOUNTS, say);
      const client = timedClient(purser.url, purser.adminKey);
      try {
        const operations = await describedOperations(purser.url);
        const outcomes: (Measured | Skipped)[] = [];
        for (const operation of operations.filter(({ method }) => method === 'GET')) {
          say(`${operation.method} ${operation.path}`);
          outcomes.push(await measureRead(client, operation, READS * rounds));
        }
        say('writes');
        outcomes.push(...(await measureWrites(client, operations, ground, WRITES * rounds)));
        return reportOf(outcomes);
      } finally {
        await client.close();
      }
    } finally {
      await opened.stop();
    }
  },
};

function reportOf(outcomes: readonly (Measured | Skipped)[]): BenchReport {
  const measured = outcomes.filter((outcome) => 'p95Ms' in outcome);
  const skipped = outcomes.filter((outcome) => 'why' in outcome);
  const reads = measured.filter(({ path }) => path.startsWith('GET '));
  return {
    title: 'Control plane: every answer',
    about: [
      `One request at a time on a kept-alive connection, with ${shown(AMOUNTS.metrics)} metrics, ${shown(AMOUNTS.workEfforts)} work ` +
        `efforts with 4 000 tickets and ${shown(AMOUNTS.usageRows)} usage rows in it, Purser in one process; the load that made ` +
        'the rows has ended. Lists by their first, middle and last page, single things by 50 ids in turn. The operations are ' +
        'those of `/openapi.json`. All usage is of this hour, and reports are asked for the spans that they have by default, which ' +
        'rollups tell.',
    ],
    tables: [
      targetTable(reads, measured, skipped.filter(({ failed }) => failed).length),
      tableOf(reads),
      tableOf(measured.filter((each) => !reads.includes(each))),
    ],
    notes: skipped.map(
      ({ operation, why, failed }) => `${failed ? 'Failed' : 'Not measured'}: \`${operation}\`: ${why}.`,
    ),
    figures: { amounts: AMOUNTS, measured, skipped },
  };
}

function targetTable(reads: readonly Measured[], all: readonly Measured[], failed: number): Table {
  const slowest = (of: readonly Measured[]): number => Math.max(...of.map(({ p95Ms }) => p95Ms));
  const row = (what: string, of: readonly Measured[]): string[] => [
    ...[what, `at most ${TARGET_P95_MS}`, shown(slowest(of)), slowest(of) <= TARGET_P95_MS ? 'yes' : 'no'],
  ];
  return {
    columns: ['target', 'aim', 'measured', 'met'],
    rows: [
      row('slowest read at p95, ms', reads),
      row('slowest answer of all at p95, ms', all),
      ['operations that fail', 'none', String(failed), failed === 0 ? 'yes' : 'no'],
    ],
  };
}

function tableOf(measured: readonly Measured[]): Table {
  return {
    columns: ['operation', 'answers', 'bytes', 'p50 ms', 'p95 ms', `p95 at most ${TARGET_P95_MS} ms`],
    rows: measured.map(({ path, answers, bytes, p50Ms, p95Ms }) => [
      ...[`\`${path.replace('/api/v1', '')}\``, shown(answers), shown(bytes), shown(p50Ms), shown(p95Ms)],
      p95Ms <= TARGET_P95_MS ? 'yes' : 'no',
    ]),
  };
}
