import { parseArgs } from 'node:util';
import type { Mix } from '../operations/operation.ts';
import { isLoopback } from '../target/loopback.ts';
import type { Thresholds } from '../verdict/thresholds.ts';
import { readOptions, scenarios, type Scenario } from './options.ts';
import { ArgumentError, durationOf, mixOf, numberOf } from './values.ts';

/** A Purser that runs already. */
export interface GivenTarget {
  readonly url: string;
  /** The key itself, or the file that holds it. */
  readonly key: { readonly text: string } | { readonly file: string };
  readonly model: string;
  /** Its processes on this machine, whose memory is watched. */
  readonly pids: readonly number[];
}

/** What is to be done. */
export interface LoadArguments {
  readonly scenario: Scenario;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly users: number;
  readonly rate: number;
  readonly mix: Mix;
  readonly timeoutMs: number;
  /** Undefined: one is started for the run. */
  readonly target: GivenTarget | undefined;
  readonly thresholds: Thresholds;
  readonly json: string | undefined;
  readonly html: string | undefined;
}

const MAX_PIDS = 64;

/** @returns 'help' where that was asked for. @throws Error naming the argument and what is allowed */
export function readArguments(argv: readonly string[]): LoadArguments | 'help' {
  const { values, positionals } = parseArgs({ args: [...argv], allowPositionals: true, options: readOptions });
  if (values.help === true) return 'help';
  const [name, ...more] = positionals;
  const scenario = scenarios.find((each) => each.name === name);
  if (scenario === undefined || more.length > 0) {
    const read = positionals.length === 0 ? 'none' : `'${positionals.join(' ')}'`;
    throw new Error(`Scenario: read ${read}; allowed is one of ${scenarios.map((each) => each.name).join(', ')}.`);
  }
  const text = (option: keyof typeof readOptions): string => String(values[option] ?? scenario.defaults[option]);
  const seconds = durationOf('duration', text('duration'), 1, scenario.maxSeconds);
  const rate = numberOf('rate', text('rate'), 0.1, 20_000, false);
  return {
    ...{ scenario, seconds, rate },
    warmUpSeconds: durationOf('warm-up', text('warm-up'), 0, 600),
    users: numberOf('users', text('users'), 1, 5_000, true),
    mix: mixOf('mix', text('mix')),
    timeoutMs: durationOf('timeout', text('timeout'), 0.1, 600) * 1_000,
    target: targetOf(values),
    thresholds: thresholdsOf(values, text),
    ...{ json: pathOf('json', values.json), html: pathOf('html', values.html) },
  };
}

type Values = ReturnType<typeof parseArgs<{ options: typeof readOptions }>>['values'];

function thresholdsOf(values: Values, text: (option: keyof typeof readOptions) => string): Thresholds {
  const maybe = (option: 'max-p99-ms' | 'max-rss-mb'): number | undefined =>
    values[option] === undefined ? undefined : numberOf(option, values[option], 1, 1e6, false);
  return {
    maxP95Ms: numberOf('max-p95-ms', text('max-p95-ms'), 0.1, 1e6, false),
    maxP99Ms: maybe('max-p99-ms'),
    maxErrorShare: numberOf('max-error-rate', text('max-error-rate'), 0, 1, false),
    minThroughputShare: numberOf('min-throughput', text('min-throughput'), 0, 1, false),
    maxResidentMb: maybe('max-rss-mb'),
  };
}

function targetOf(values: Values): GivenTarget | undefined {
  if (values.url === undefined) {
    const lost = (['key', 'key-file', 'model', 'pid', 'allow-remote'] as const).find((name) => values[name]);
    if (lost) throw new Error(`--${lost} goes with --url: without one, a Purser is started for the run.`);
    return undefined;
  }
  const { model } = values;
  if (!model)
    throw new Error('--model is missing: with --url, say which model or route is asked for. It may cost money.');
  return { url: urlOf(values.url, values['allow-remote'] === true), key: keyOf(values), model, pids: pidsOf(values) };
}

function urlOf(text: string, allowRemote: boolean): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const plain =
    url && /^https?:$/.test(url.protocol) && url.pathname === '/' && url.search === '' && url.username === '';
  if (!url || !plain) throw new ArgumentError('url', text, 'an address such as http://127.0.0.1:3000, without a path');
  if (!allowRemote && !isLoopback(url)) {
    throw new Error(
      `--url is '${text}', which is not this machine: a load could hurt others or cost money. Allowed is a loopback address, or any with --allow-remote.`,
    );
  }
  return url.origin;
}

function keyOf({ key, 'key-file': file }: Values): GivenTarget['key'] {
  if ((key === undefined) === (file === undefined)) {
    throw new Error('With --url, exactly one of --key and --key-file must be given.');
  }
  const given = key ?? file!;
  if (given.trim() === '') throw new Error(`--${key === undefined ? 'key-file' : 'key'} is empty.`);
  return key === undefined ? { file: given } : { text: given };
}

function pidsOf({ pid = [] }: Values): number[] {
  if (pid.length > MAX_PIDS) throw new Error(`--pid is given ${pid.length} times: allowed are ${MAX_PIDS}.`);
  return pid.map((text) => numberOf('pid', text, 1, 2 ** 31 - 1, true));
}

function pathOf(argument: string, path: string | undefined): string | undefined {
  if (path === undefined || path.trim() !== '') return path;
  throw new ArgumentError(argument, path, 'the path of a file to write');
}
