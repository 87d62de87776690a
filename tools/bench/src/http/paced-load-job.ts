import type { LoadTarget } from './load-job.ts';

/** Requests at a fixed pace, whatever becomes of those before them: an open loop. */
export interface PacedStream {
  readonly target: LoadTarget;
  readonly perSecond: number;
  /** Take turns, one request at a time on each: the most that are ever under way. */
  readonly connections: number;
}

/** What the paced load generator is to do: all streams at once. */
export interface PacedLoadJob {
  readonly streams: readonly PacedStream[];
  readonly seconds: number;
}

/**
 * What came of a stream. A latency counts from when its request was due where its connection was not free by then, so that a
 * slow server can't hide what it kept waiting; else from its sending.
 */
export interface PacedStreamResult {
  /** All that were due. */
  readonly requests: number;
  /** Answers with status 200; the percentiles are theirs, and absent where there are none. */
  readonly served: number;
  readonly p50Ms?: number;
  readonly p99Ms?: number;
  readonly maxMs?: number;
  /** Everything else, by what it was: `status 503`, lost connections, answers that did not come. */
  readonly failures: Readonly<Record<string, number>>;
  /** Of the failures, those that say when to come again. */
  readonly withRetryAfter: number;
  /** When the first answer with status 200 came, and the first one after which nothing failed; milliseconds since 1970. */
  readonly firstServedAt?: number;
  readonly allServedFrom?: number;
}

/** In the order of the job's streams. */
export type PacedLoadResult = readonly PacedStreamResult[];
