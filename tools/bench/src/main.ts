import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { apiBench } from './api/api.bench.ts';
import { catalogueBench } from './catalogue/catalogue.bench.ts';
import { cachingBench } from './caching/caching.bench.ts';
import { answersBench } from './gateway/answers.bench.ts';
import { gatewayBench } from './gateway/gateway.bench.ts';
import { outageBench } from './outage/outage.bench.ts';
import { root } from './processes/node-process.ts';
import { poolingBench } from './pooling/pooling.bench.ts';
import { rateLimitingBench } from './rate-limiting/rate-limiting.bench.ts';
import type { Bench } from './report/bench.ts';
import { sectionMarkdown, withSection } from './report/markdown.ts';
import { reserveBench } from './reserve.bench.ts';
import { workEffortsBench } from './work-efforts/work-efforts.bench.ts';

const benches: readonly Bench[] = [
  gatewayBench,
  answersBench,
  outageBench,
  reserveBench,
  catalogueBench,
  apiBench,
  workEffortsBench,
  cachingBench,
  rateLimitingBench,
  poolingBench,
];
const PAGE = join(root, 'docs/benchmarks.md');
const HEAD = `# Benchmarks

Written by \`npm run bench\` (\`-- <name>\` for one section: ${benches.map(({ name }) => `\`${name}\``).join(', ')}). Absolute figures drift
with the machine and its neighbours: compare only what stands in one table, which was measured side by side in one run.
`;

const USAGE = `Usage: npm run bench -- [${benches.map(({ name }) => name).join(' | ')}] [options]
  --json            print the figures as JSON instead of tables
  --rounds <n>      how often each figure is measured; the median counts (default 5)
  --seconds <n>     how long each load lasts (default 3)
`;

/** What others do on the machine: where it is above the number of processors, figures tell more of them than of Purser. */
const BUSY_BEFORE = loadavg()[0] ?? 0;

interface Arguments {
  readonly chosen: readonly Bench[];
  readonly json: boolean;
  readonly rounds: number;
  readonly seconds: number;
}

/** @throws Error with what is wrong */
function readArguments(argv: readonly string[]): Arguments {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '3' },
    },
  });
  const unknown = positionals.find((name) => !benches.some((bench) => bench.name === name));
  if (unknown !== undefined) throw new Error(`There is no bench '${unknown}'.`);
  const chosen = benches.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  const count = (name: 'rounds' | 'seconds', most: number): number => {
    const value = Number(values[name]);
    if (Number.isInteger(value) && value >= 1 && value <= most) return value;
    throw new Error(`--${name} must be a whole number from 1 to ${most}.`);
  };
  return { chosen, json: values.json, rounds: count('rounds', 99), seconds: count('seconds', 60) };
}

function measured(): string {
  const processors = cpus();
  const date = new Date().toISOString().slice(0, 10);
  const model = processors[0]?.model.trim() ?? 'unknown processor';
  const busy = BUSY_BEFORE.toFixed(1);
  return `Measured ${date} on ${processors.length} × ${model}, ${process.platform} ${process.arch}, Node ${process.versions.node}, load average before it ${busy}.`;
}

async function main({ chosen, json, rounds, seconds }: Arguments): Promise<void> {
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const figures: Record<string, unknown> = {};
  for (const bench of chosen) {
    const report = await bench.run({ rounds, seconds, say });
    const section = sectionMarkdown(report, measured());
    const page = existsSync(PAGE) ? readFileSync(PAGE, 'utf8') : HEAD;
    writeFileSync(PAGE, withSection(page, section));
    figures[bench.name] = report.figures;
    if (!json) process.stdout.write(`\n${section}`);
  }
  if (json) process.stdout.write(`${JSON.stringify({ measured: measured(), benches: figures }, null, 2)}\n`);
}

try {
  await main(readArguments(process.argv.slice(2)));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  process.exitCode = 1;
}
