import { percentile } from '../report/percentile.ts';
import { LoadConnection, type LoadObserver } from './load-connection.ts';
import type { PacedStream, PacedStreamResult } from './paced-load-job.ts';
import { requestBytes } from './request-bytes.ts';

const RETRY_AFTER = /\r\nretry-after: *\d/i;
const HEAD_END = '\r\n\r\n';

/** One stream of a paced load, under way from its making on. */
export class PacedRun {
  /** Resolves when all that was due is answered or lost. */
  readonly done: Promise<unknown>;
  readonly #startsAt: number;
  readonly #count: number;
  readonly #stream: PacedStream;
  readonly #connections: readonly LoadConnection[];
  readonly #latencies: number[] = [];
  readonly #failures: Record<string, number> = {};
  #withRetryAfter = 0;
  #firstServedAt: number | undefined;
  #allServedFrom: number | undefined;

  /** @param startsAt when the first request is due, by `performance.now()` */
  constructor(stream: PacedStream, startsAt: number, seconds: number) {
    this.#stream = stream;
    this.#startsAt = startsAt;
    this.#count = Math.floor(stream.perSecond * seconds);
    const request = requestBytes(stream.target);
    const connections = Array.from({ length: Math.min(stream.connections, this.#count) }, (_, first) => {
      return new LoadConnection(stream.target.port, request, this.#turns(first));
    });
    this.#connections = connections;
    this.done = Promise.all(connections.map(({ done }) => done));
  }

  /** Gives up what is under way. */
  giveUp(): void {
    for (const connection of this.#connections) connection.destroy();
  }

  result(): PacedStreamResult {
    const sorted = Float64Array.from(this.#latencies).sort();
    const told = Object.values(this.#failures).reduce((sum, count) => sum + count, sorted.length);
    const missing = this.#count - told;
    return {
      requests: this.#count,
      served: sorted.length,
      ...(sorted.length > 0 && percentilesOf(sorted)),
      failures: missing > 0 ? { ...this.#failures, 'no answer in time': missing } : this.#failures,
      withRetryAfter: this.#withRetryAfter,
      firstServedAt: this.#firstServedAt,
      allServedFrom: this.#allServedFrom,
    };
  }

  /** What a connection has to do: every so manieth request. */
  #turns(first: number): LoadObserver {
    let index = first;
    let slept = false;
    const next = (): void => {
      index += Math.min(this.#stream.connections, this.#count);
      slept = false;
    };
    return {
      nextInMs: () => {
        if (index >= this.#count) return undefined;
        const waitMs = this.#dueAt(index) - performance.now();
        slept ||= waitMs > 0;
        return waitMs;
      },
      answered: (status, latencyMs, answer) => {
        const ms = slept ? latencyMs : performance.now() - this.#dueAt(index);
        next();
        if (status === 200) return this.#served(ms);
        this.#failed(`status ${status}`);
        const head = answer.toString('latin1', 0, answer.indexOf(HEAD_END));
        if (RETRY_AFTER.test(head)) this.#withRetryAfter += 1;
      },
      failed: (what) => {
        next();
        this.#failed(what);
      },
    };
  }

  #dueAt(index: number): number {
    return this.#startsAt + (index / this.#stream.perSecond) * 1_000;
  }

  #served(latencyMs: number): void {
    this.#latencies.push(latencyMs);
    const at = performance.timeOrigin + performance.now();
    this.#firstServedAt ??= at;
    this.#allServedFrom ??= at;
  }

  #failed(what: string): void {
    this.#failures[what] = (this.#failures[what] ?? 0) + 1;
    this.#allServedFrom = undefined;
  }
}

function percentilesOf(sorted: Float64Array): Pick<PacedStreamResult, 'p50Ms' | 'p99Ms' | 'maxMs'> {
  return { p50Ms: percentile(sorted, 0.5), p99Ms: percentile(sorted, 0.99), maxMs: percentile(sorted, 1) };
}
