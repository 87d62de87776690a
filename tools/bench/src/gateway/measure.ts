import type { LoadJob, LoadResult } from '../http/load-job.ts';
import type { NodeProcess } from '../processes/node-process.ts';
import { residentMb, untilQuiet } from '../processes/proc.ts';
import { median } from '../report/percentile.ts';
import type { Contestant, RunningGateway } from './contestant.ts';

export interface Entrant {
  readonly contestant: Contestant;
  readonly gateway: RunningGateway;
  /** By number of connections, a result a round. */
  readonly results: Map<number, LoadResult[]>;
  /** Resident memory in megabytes before the first load and after the last. */
  idleMb: number | undefined;
  loadedMb: number | undefined;
  /** Whole answers of all loads, warm-ups too. */
  served: number;
  failures: Record<string, number>;
}

/** The medians over the rounds at one number of connections. */
export interface Figures {
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface Plan {
  readonly connections: readonly number[];
  readonly rounds: number;
  readonly seconds: number;
  readonly say: (line: string) => void;
}

/** Answers that are late, see the load generator, and some slack for its start. */
const LOAD_SLACK_MS = 30_000;
const QUIET_WITHIN_MS = 5_000;

/** Loads all entrants in turn, `rounds` times, beginning with another one each time. */
export async function measure(entrants: readonly Entrant[], load: NodeProcess, plan: Plan): Promise<void> {
  const { connections, rounds, seconds, say } = plan;
  for (const entrant of entrants) entrant.idleMb = residentMb(entrant.gateway.pid);
  say('warming up');
  for (const entrant of entrants) {
    for (const count of connections) await loadOnce(entrant, load, count, Math.min(2, seconds));
  }
  for (let round = 0; round < rounds; round++) {
    const order = entrants.map((_, index) => entrants[(index + round) % entrants.length]!);
    for (const count of connections) {
      for (const entrant of order) {
        const result = await loadOnce(entrant, load, count, seconds);
        entrant.results.set(count, [...(entrant.results.get(count) ?? []), result]);
        const figures = `${Math.round(result.requestsPerSecond)}/s, p99 ${result.p99Ms.toFixed(2)} ms`;
        say(`round ${round + 1} of ${rounds}, ${count} connections, ${entrant.contestant.name}: ${figures}`);
      }
    }
  }
  for (const entrant of entrants) entrant.loadedMb = residentMb(entrant.gateway.pid);
}

/** The medians of an entrant's rounds at that many connections. */
export function figuresOf({ results }: Entrant, connections: number): Figures {
  const rounds = results.get(connections) ?? [];
  const middle = (of: (result: LoadResult) => number): number => median(rounds.map(of));
  return {
    requestsPerSecond: middle((result) => result.requestsPerSecond),
    p50Ms: middle((result) => result.p50Ms),
    p99Ms: middle((result) => result.p99Ms),
  };
}

async function loadOnce(
  entrant: Entrant,
  load: NodeProcess,
  connections: number,
  seconds: number,
): Promise<LoadResult> {
  const job: LoadJob = { ...entrant.gateway.target, connections, seconds };
  const result = (await load.ask(job, seconds * 1_000 + LOAD_SLACK_MS)) as LoadResult;
  entrant.served += result.servedInAll;
  for (const [what, count] of Object.entries(result.failures)) {
    entrant.failures[what] = (entrant.failures[what] ?? 0) + count;
  }
  await untilQuiet(entrant.gateway.pid, QUIET_WITHIN_MS);
  return result;
}
