import type { Percentiles } from '../record/recorder.ts';
import { shown, whole } from './numbers.ts';
import type { LoadResult } from './result.ts';

/** The result for a terminal. */
export function textOf(result: LoadResult): string {
  const { requests, throughput, asked, misses, generator } = result;
  const rows: readonly (readonly [string, Percentiles])[] = [
    ['all', result.latency],
    ...Object.entries(result.operations).flatMap(([name, { latency, whole: toTheEnd }]) => [
      [name, latency] as const,
      ...(toTheEnd.count > 0 ? [[`${name}, to its end`, toTheEnd] as const] : []),
    ]),
  ];
  const errors = Object.entries(result.errors).map(([kind, count]) => `${whole(count)} × ${kind}`);
  return [
    `${result.scenario} against ${result.url}, ${asked.users} users, ${asked.seconds} s`,
    '',
    `requests    ${whole(requests.planned)} planned, ${whole(requests.succeeded)} succeeded, ${whole(requests.failed)} failed`,
    `throughput  ${shown(throughput.requestsPerSecond)}/s of ${shown(asked.requestsPerSecond)}/s asked for`,
    `errors      ${errors.length === 0 ? 'none' : errors.join(', ')}`,
    `late starts ${whole(misses.server)} for the server's sake, ${whole(misses.generator)} by the generator, ${whole(misses.notStarted)} never started`,
    ...result.memory.map(
      ({ name, startMb, maxMb, endMb }) =>
        `memory      ${name}: ${shown(startMb)} MB at first, ${shown(maxMb)} at most, ${shown(endMb)} at last`,
    ),
    `generator   event loop late by ${shown(generator.lagP99Ms)} ms at p99, ${shown(generator.processorShare * 100)} % of a processor`,
    ...(result.bottleneck ? [result.bottleneck] : []),
    '',
    'latency from the intended start, of streams to the first byte, ms',
    row('', ['requests', 'p50', 'p90', 'p95', 'p99', 'p99.9', 'max']),
    ...rows.map(([name, p]) =>
      row(name, [whole(p.count), ...[p.p50Ms, p.p90Ms, p.p95Ms, p.p99Ms, p.p999Ms, p.maxMs].map(shown)]),
    ),
    '',
    ...result.checks.map(
      ({ what, wanted, measured, met }) =>
        `${met ? 'met   ' : 'MISSED'}  ${what}: ${shown(measured)}, wanted ${wanted}`,
    ),
    ...(result.stoppedEarly ? ['STOPPED before its time: that is no pass.'] : []),
    '',
  ].join('\n');
}

function row(name: string, cells: readonly string[]): string {
  return `  ${name.padEnd(20)}${cells.map((cell) => cell.padStart(9)).join('')}`;
}
