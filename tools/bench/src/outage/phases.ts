import type { PacedLoadJob, PacedLoadResult, PacedStreamResult } from '../http/paced-load-job.ts';
import type { UpstreamAnswers, UpstreamOrder } from '../http/upstream-order.ts';
import type { NodeProcess } from '../processes/node-process.ts';
import { retriesSoFar, streamNames, type Ground, type ProviderName, type StreamName } from './ground.ts';

/** The processes beside Purser. */
export interface Surroundings {
  readonly ground: Ground;
  readonly upstreams: Readonly<Record<ProviderName, NodeProcess>>;
  readonly load: NodeProcess;
}

/** What is asked of Purser each second, in all. */
export type Pace = Readonly<Record<StreamName, number>>;

/** What came of one phase. */
export interface Phase {
  readonly name: 'before' | 'outage' | 'after';
  readonly seconds: number;
  /** When the failing provider was told how to be, milliseconds since 1970. */
  readonly toldAt: number;
  readonly streams: Readonly<Record<StreamName, PacedStreamResult>>;
  /** Requests that the failing provider got, and how many of them Purser says were retries. */
  readonly attempts: number;
  readonly retries: number;
}

/** The most requests of a stream that are under way at once. */
const CONNECTIONS = 128;
const ORDER_MS = 10_000;
/** Answers that are late, see the load generator, and some slack for its start. */
const LOAD_SLACK_MS = 30_000;

/** One phase: all streams at their pace, with the failing provider failing or not. */
export async function runPhase(around: Surroundings, name: Phase['name'], pace: Pace, seconds: number): Promise<Phase> {
  const { ground, upstreams, load } = around;
  const job: PacedLoadJob = {
    seconds,
    streams: streamNames.map((stream) => ({
      ...{ target: ground.targets[stream], perSecond: pace[stream], connections: CONNECTIONS },
    })),
  };
  const retriesBefore = await retriesSoFar(ground.api);
  const toldAt = performance.timeOrigin + performance.now();
  const before = await order(upstreams.failing, { fail: name === 'outage' });
  const results = (await load.ask(job, seconds * 1_000 + LOAD_SLACK_MS)) as PacedLoadResult;
  const after = await order(upstreams.failing);
  const [well, failing, route] = results;
  return {
    ...{ name, seconds, toldAt, streams: { well: well!, failing: failing!, route: route! } },
    attempts: inAll(after) - inAll(before),
    retries: (await retriesSoFar(ground.api)) - retriesBefore,
  };
}

/** Tells an upstream how to be, and asks what it has answered. */
export async function order(upstream: NodeProcess, what: UpstreamOrder = {}): Promise<UpstreamAnswers> {
  return (await upstream.ask(what, ORDER_MS)) as UpstreamAnswers;
}

export const inAll = ({ completions, failures }: UpstreamAnswers): number => completions + failures;
