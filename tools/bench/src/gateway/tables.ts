import type { Table } from '../report/bench.ts';
import { shown } from '../report/numbers.ts';
import { bareProxy } from './bare-proxy.ts';
import type { Contestant } from './contestant.ts';
import { figuresOf, type Entrant } from './measure.ts';
import { portkey } from './portkey.ts';
import { purser } from './purser.ts';

/** Each entrant at each number of connections, beside the peer. */
export function gatewayTable(entrants: readonly Entrant[], connections: readonly number[]): Table {
  const peer = entrantOf(entrants, portkey);
  const rows = connections.flatMap((count) =>
    entrants.map((entrant) => {
      const own = figuresOf(entrant, count);
      const theirs = figuresOf(peer, count);
      return [
        ...[String(count), entrant.contestant.name, shown(own.requestsPerSecond)],
        shown(own.requestsPerSecond / theirs.requestsPerSecond),
        ...[shown(own.p50Ms), shown(own.p99Ms), shown(own.p99Ms / theirs.p99Ms)],
        ...[shown(entrant.idleMb), shown(entrant.loadedMb)],
      ];
    }),
  );
  return {
    columns: [
      ...['connections', 'gateway', 'requests/s', '× Portkey', 'p50 ms', 'p99 ms', 'p99 ÷ Portkey’s'],
      ...['MB at start', 'MB after'],
    ],
    rows,
  };
}

/** What is aimed at, and how far it is. */
export function targetsTable(entrants: readonly Entrant[]): Table {
  const own = entrantOf(entrants, purser);
  const peer = entrantOf(entrants, portkey);
  const bare = entrantOf(entrants, bareProxy);
  const rate = (count: number): number =>
    figuresOf(own, count).requestsPerSecond / figuresOf(peer, count).requestsPerSecond;
  const tail = (count: number): number => figuresOf(own, count).p99Ms / figuresOf(peer, count).p99Ms;
  const row = (what: string, target: number, measured: number | undefined, atLeast: boolean): string[] => {
    const met = measured !== undefined && (atLeast ? measured >= target : measured <= target);
    const wanted = `${atLeast ? 'at least' : 'at most'} ${shown(target)}`;
    return [what, wanted, shown(measured), measured === undefined ? '–' : met ? 'yes' : 'no'];
  };
  return {
    columns: ['target', 'aim', 'measured', 'met'],
    rows: [
      ...[32, 256].map((count) => row(`requests/s at ${count} connections, × Portkey`, 5, rate(count), true)),
      ...[32, 256].map((count) => row(`p99 at ${count} connections, ÷ Portkey’s`, 0.2, tail(count), false)),
      row(
        'p50 at 1 connection beyond the bare proxy, ms',
        0.35,
        figuresOf(own, 1).p50Ms - figuresOf(bare, 1).p50Ms,
        false,
      ),
      row('resident memory after the load, MB', 300, own.loadedMb, false),
    ],
  };
}

/** All figures of all rounds, by gateway and connections. */
export function figuresJson(entrants: readonly Entrant[], connections: readonly number[]): unknown {
  return entrants.map((entrant) => ({
    ...{ gateway: entrant.contestant.name, idleMb: entrant.idleMb, loadedMb: entrant.loadedMb },
    ...{ served: entrant.served, failures: entrant.failures },
    at: connections.map((count) => ({
      ...{ connections: count, ...figuresOf(entrant, count), rounds: entrant.results.get(count) },
    })),
  }));
}

function entrantOf(entrants: readonly Entrant[], contestant: Contestant): Entrant {
  return entrants.find((each) => each.contestant === contestant)!;
}
