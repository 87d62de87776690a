import type { Table } from '../report/bench.ts';
import { shown } from '../report/numbers.ts';
import { streamNames, type StreamName } from './ground.ts';
import type { Phase } from './phases.ts';

const RETRIES_PERCENT = 10;
/** What "unchanged" means, on a machine where everything shares two processors. */
const LATENCY_TIMES = 1.2;
const WHAT: Readonly<Record<StreamName, string>> = {
  well: 'the well provider’s model',
  failing: 'the failing provider’s model',
  route: 'a route to both, the failing one first',
};

/** What clients saw, by phase and model. */
export function clientsTable(phases: readonly Phase[]): Table {
  const rows = streamNames.flatMap((name) =>
    phases.map((phase) => {
      const { requests, served, p50Ms, p99Ms, maxMs, failures, withRetryAfter } = phase.streams[name];
      const bad = (status: number): number => failures[`status ${status}`] ?? 0;
      const others = requests - served - bad(502) - bad(503);
      return [
        ...[WHAT[name], phase.name, String(requests), String(served)],
        ...[bad(502), bad(503), withRetryAfter, others].map(String),
        ...[shown(p50Ms), shown(p99Ms), shown(maxMs)],
      ];
    }),
  );
  return {
    columns: [
      ...['asked for', 'phase', 'requests', '200', '502', '503', 'with Retry-After', 'other failures'],
      ...['p50 ms', 'p99 ms', 'max ms'],
    ],
    rows,
  };
}

/** What came to the failing provider. */
export function attemptsTable(phases: readonly Phase[]): Table {
  return {
    columns: ['phase', 'requests for it', 'attempts that it got', 'attempts, % of requests', 'retries, % of requests'],
    rows: phases.map((phase) => [
      ...[phase.name, String(requestsFor(phase)), String(phase.attempts)],
      ...[shown((100 * phase.attempts) / requestsFor(phase)), shown(retriesPercent(phase))],
    ]),
  };
}

/** What is aimed at. @param intervalMs for how long a breaker leaves a provider alone at most */
export function targetsTable([before, outage, after]: readonly Phase[], intervalMs: number): Table {
  const failed = (name: StreamName): number =>
    [before!, outage!, after!].reduce((sum, { streams }) => sum + streams[name].requests - streams[name].served, 0);
  const atMost = (what: string, aim: number, measured: number): string[] => [
    ...[what, `at most ${shown(aim)}`, shown(measured), measured <= aim ? 'yes' : 'no'],
  ];
  const none = (what: string, measured: number): string[] => [
    ...[what, 'none', String(measured), measured === 0 ? 'yes' : 'no'],
  ];
  const { firstServedMs, allServedMs } = recovery(after!);
  const p99 = ({ streams }: Phase): number => streams.well.p99Ms ?? Number.NaN;
  const tail = p99(outage!) / p99(before!);
  return {
    columns: ['target', 'aim', 'measured', 'met'],
    rows: [
      none('requests for the well provider that failed, in all phases', failed('well')),
      none('requests for the route that failed, in all phases', failed('route')),
      atMost('the well provider’s p99 during the outage, ÷ before', LATENCY_TIMES, tail),
      atMost('retries during the outage, % of requests', RETRIES_PERCENT, retriesPercent(outage!)),
      atMost('from well again to the first success, s', intervalMs / 1_000, firstServedMs / 1_000),
      atMost('from well again to nothing but successes, s', intervalMs / 1_000, allServedMs / 1_000),
    ],
  };
}

/** How long after the failing provider was well again its requests succeeded; NaN where they did not. */
export function recovery({ toldAt, streams }: Phase): { readonly firstServedMs: number; readonly allServedMs: number } {
  const { firstServedAt = Number.NaN, allServedFrom = Number.NaN } = streams.failing;
  return { firstServedMs: firstServedAt - toldAt, allServedMs: allServedFrom - toldAt };
}

function requestsFor({ streams: { failing, route } }: Phase): number {
  return failing.requests + route.requests;
}

function retriesPercent(phase: Phase): number {
  return (100 * phase.retries) / requestsFor(phase);
}
