import type { Percentiles } from '../record/recorder.ts';
import { barChart, lineChart } from './chart.ts';
import { escapeHtml } from './escape.ts';
import { shown, whole } from './numbers.ts';
import type { LoadResult } from './result.ts';
import { style } from './style.ts';

/** The result as a page that needs nothing else: no script, no font, no picture from anywhere. */
export function htmlOf(result: LoadResult): string {
  const { scenario, url, beganAt, asked, passed, stoppedEarly, bottleneck } = result;
  const title = `Load: ${scenario} against ${url}`;
  const mix = Object.entries(asked.mix).map(([name, part]) => `${name} ${part}`);
  const verdict = stoppedEarly ? 'Stopped before its time' : passed ? 'All thresholds met' : 'A threshold was missed';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<header>
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(beganAt)} · ${whole(asked.users)} users · ${shown(asked.requestsPerSecond)} requests/s for ${whole(asked.seconds)} s · ${escapeHtml(mix.join(', '))}</p>
<p class="verdict ${passed ? 'met' : 'missed'}">${verdict}</p>
${bottleneck === undefined ? '' : `<p class="warning">${escapeHtml(bottleneck)}</p>`}
</header>
${cards(result)}
<section><h2>Thresholds</h2>${checksTable(result)}</section>
<section><h2>Latency</h2>
<p>From the intended start of each request to its last byte, of streams to their first: what had to wait because the server was slow counts in full.</p>
${latencyTable(result)}${plots(result)}</section>
${errorsSection(result)}
${memorySection(result)}
<section><h2>The generator itself</h2>${generatorTable(result)}</section>
</body>
</html>
`;
}

function cards({ requests, throughput, asked, latency, errorShare }: LoadResult): string {
  const card = (name: string, value: string, beside: string): string =>
    `<div><dt>${name}</dt><dd>${value}<small>${beside}</small></dd></div>`;
  return `<dl class="cards">${[
    card('p50', `${shown(latency.p50Ms)} ms`, `p95 ${shown(latency.p95Ms)} ms`),
    card('p99', `${shown(latency.p99Ms)} ms`, `p99.9 ${shown(latency.p999Ms)} ms`),
    card('Throughput', `${shown(throughput.requestsPerSecond)}/s`, `of ${shown(asked.requestsPerSecond)}/s`),
    card('Requests', whole(requests.planned), `${whole(requests.failed)} failed`),
    card('Error rate', `${shown(errorShare * 100)} %`, 'of what was planned'),
  ].join('')}</dl>`;
}

function plots({ intervals, histogram, asked }: LoadResult): string {
  const seconds = intervals.map(({ atSeconds, seconds: length }) => atSeconds + length);
  const line = (name: string, of: (interval: LoadResult['intervals'][number]) => number) => ({
    ...{ name, values: intervals.map(of) },
  });
  const bars = histogram.map(({ fromMs, toMs, count }, index) => ({
    ...{ value: count, tip: `${shown(fromMs)} to ${shown(toMs)} ms: ${whole(count)}` },
    label: index % 8 === 0 ? `${shown(fromMs)} ms` : undefined,
  }));
  return [
    lineChart('Latency over time', 'ms, by when requests ended', seconds, [
      line('p50', ({ p50Ms }) => p50Ms),
      line('p95', ({ p95Ms }) => p95Ms),
      line('p99', ({ p99Ms }) => p99Ms),
      line('max', ({ maxMs }) => maxMs),
    ]),
    barChart('Distribution', 'requests, by latency on a logarithmic scale', bars),
    lineChart('Throughput', 'answers/s', seconds, [
      line('achieved', ({ succeeded, seconds: length }) => succeeded / length),
      line('asked for', () => asked.requestsPerSecond),
    ]),
  ].join('');
}

function errorsSection({ errors, intervals }: LoadResult): string {
  const kinds = Object.entries(errors).toSorted(([, a], [, b]) => b - a);
  if (kinds.length === 0) return '<section><h2>Errors</h2><p>None.</p></section>';
  const seconds = intervals.map(({ atSeconds, seconds: length }) => atSeconds + length);
  const perSecond = intervals.map(({ failed, seconds: length }) => failed / length);
  return `<section><h2>Errors</h2>${table(
    ['what went wrong', 'how often'],
    kinds.map(([kind, count]) => [kind, whole(count)]),
  )}${lineChart('Errors over time', 'errors/s', seconds, [{ name: 'failed', values: perSecond }])}</section>`;
}

function memorySection({ memory, memorySamples }: LoadResult): string {
  if (memory.length === 0) return '<section><h2>Memory</h2><p>No process of the server was watched.</p></section>';
  const lines = memory.map(({ name }, at) => ({ name, values: memorySamples.map(({ mb }) => mb[at]) }));
  const seconds = memorySamples.map(({ atSeconds }) => atSeconds);
  return `<section><h2>Memory</h2>${table(
    ['process', 'at first, MB', 'at most, MB', 'at last, MB'],
    memory.map(({ name, startMb, maxMb, endMb }) => [name, shown(startMb), shown(maxMb), shown(endMb)]),
  )}${lineChart('Resident memory', 'MB', seconds, lines)}</section>`;
}

function checksTable({ checks }: LoadResult): string {
  const rows = checks.map(({ what, wanted, measured, met }) => [what, wanted, shown(measured), met ? 'met' : 'missed']);
  return table(['threshold', 'wanted', 'measured', 'outcome'], rows);
}

function latencyTable({ latency, operations }: LoadResult): string {
  const row = (name: string, p: Percentiles): string[] => [
    ...[name, whole(p.count), ...[p.p50Ms, p.p90Ms, p.p95Ms, p.p99Ms, p.p999Ms, p.maxMs].map(shown)],
  ];
  const rows = Object.entries(operations).flatMap(([name, { latency: own, whole: toTheEnd }]) => [
    row(name, own),
    ...(toTheEnd.count > 0 ? [row(`${name}, to its end`, toTheEnd)] : []),
  ]);
  const columns = ['operation', 'requests', 'p50 ms', 'p90 ms', 'p95 ms', 'p99 ms', 'p99.9 ms', 'max ms'];
  return table(columns, [row('all', latency), ...rows]);
}

function generatorTable({ generator, misses }: LoadResult): string {
  return table(
    ['figure', 'value'],
    [
      ['event loop late at p99', `${shown(generator.lagP99Ms)} ms`],
      ['event loop late at most', `${shown(generator.lagMaxMs)} ms`],
      ['processor', `${shown(generator.processorShare * 100)} % of one`],
      ['starts over 50 ms late for the server’s sake', whole(misses.server)],
      ['starts over 50 ms late by the generator', whole(misses.generator)],
      ['planned and never started', whole(misses.notStarted)],
    ],
  );
}

function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (row: readonly string[], tag: string): string =>
    row.map((cell) => `<${tag}${outcomeClass(cell)}>${escapeHtml(cell)}</${tag}>`).join('');
  const body = rows.map((row) => `<tr>${cells(row, 'td')}</tr>`).join('');
  return `<div class="scroll"><table><thead><tr>${cells(columns, 'th')}</tr></thead><tbody>${body}</tbody></table></div>`;
}

function outcomeClass(cell: string): string {
  return cell === 'met' || cell === 'missed' ? ` class="${cell}"` : '';
}
