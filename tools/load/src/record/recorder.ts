import type { OperationName } from '../operations/operation.ts';
import { LatencyHistogram, type Bar } from './latency-histogram.ts';

/** How one planned request ended. Times are milliseconds from its intended start. */
export interface Ending {
  readonly operation: OperationName;
  /** When it was to start, milliseconds from the begin of the schedule. */
  readonly intendedMs: number;
  /** Between its intended and its real start; how long it had waited, where it never started. */
  readonly lateMs: number;
  /** Who was late: its user had an earlier request under way, or the generator itself. */
  readonly lateBy: 'server' | 'generator';
  /** To the last byte; of a stream to the first, for how long it lasts is the provider's. */
  readonly latencyMs: number;
  /** Of a stream, to its last byte. */
  readonly wholeMs?: number;
  /** What went wrong; absent where the answer was whole and right. */
  readonly error?: string;
}

export interface Percentiles {
  readonly count: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
  readonly meanMs: number;
}

/** What ended in one stretch of time. */
export interface Interval {
  /** Where it begins, seconds from the begin of what is measured. */
  readonly atSeconds: number;
  readonly seconds: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** A start this much later than intended is a schedule miss. */
export const MISS_MS = 50;
/** Its user never came to it. */
export const NOT_STARTED = 'not started';
export const TIMED_OUT = 'timed out';
const MAX_ERROR_KINDS = 50;

/**
 * Takes the endings of one run, in bounded memory.
 *
 * A latency counts from the intended start, so what had to wait because the server was slow before is as slow as its
 * client saw it. Requests that timed out or never started count with the time that they had waited; other failures, which
 * may be quick, count as errors alone and make no latency look better.
 */
export class Recorder {
  readonly #all = new LatencyHistogram();
  readonly #byOperation = new Map<OperationName, { latency: LatencyHistogram; whole: LatencyHistogram }>();
  readonly #interval = new LatencyHistogram();
  readonly #intervals: Interval[] = [];
  readonly #errors: Record<string, number> = {};
  #inInterval = { succeeded: 0, failed: 0 };
  #intervalStart = 0;
  #succeeded = 0;
  #failed = 0;
  readonly #misses = { server: 0, generator: 0, notStarted: 0 };

  add(ending: Ending): void {
    const { error, latencyMs, lateMs, lateBy } = ending;
    if (error === undefined) {
      this.#succeeded += 1;
      this.#inInterval.succeeded += 1;
    } else this.#fail(error);
    if (error === NOT_STARTED) this.#misses.notStarted += 1;
    else if (lateMs > MISS_MS) this.#misses[lateBy] += 1;
    if (error === undefined || error === NOT_STARTED || error === TIMED_OUT) this.#measure(ending, latencyMs);
  }

  /** Closes the stretch of time that ends now. @param now seconds from the begin of what is measured */
  closeInterval(now: number): void {
    const at = this.#intervalStart;
    if (now <= at) return;
    const percentile = (share: number): number => this.#interval.percentileMs(share);
    this.#intervals.push({
      ...{ atSeconds: at, seconds: now - at, ...this.#inInterval },
      ...{ p50Ms: percentile(0.5), p95Ms: percentile(0.95), p99Ms: percentile(0.99), maxMs: this.#interval.maxMs },
    });
    this.#interval.reset();
    this.#inInterval = { succeeded: 0, failed: 0 };
    this.#intervalStart = now;
  }

  get succeeded(): number {
    return this.#succeeded;
  }

  get failed(): number {
    return this.#failed;
  }

  /** How often what went wrong. */
  get errors(): Readonly<Record<string, number>> {
    return this.#errors;
  }

  /** Planned requests that did not start when they should have. */
  get misses(): { readonly server: number; readonly generator: number; readonly notStarted: number } {
    return this.#misses;
  }

  get intervals(): readonly Interval[] {
    return this.#intervals;
  }

  get latency(): Percentiles {
    return percentilesOf(this.#all);
  }

  bars(count: number): Bar[] {
    return this.#all.bars(count);
  }

  /** By operation; `whole` has values for streams alone. */
  get operations(): Readonly<Record<string, { readonly latency: Percentiles; readonly whole: Percentiles }>> {
    const figures: Record<string, { latency: Percentiles; whole: Percentiles }> = {};
    for (const [name, { latency, whole }] of this.#byOperation) {
      figures[name] = { latency: percentilesOf(latency), whole: percentilesOf(whole) };
    }
    return figures;
  }

  #fail(error: string): void {
    this.#failed += 1;
    this.#inInterval.failed += 1;
    const known = Object.hasOwn(this.#errors, error) || Object.keys(this.#errors).length < MAX_ERROR_KINDS;
    const kind = known ? error : 'other errors';
    this.#errors[kind] = (this.#errors[kind] ?? 0) + 1;
  }

  #measure({ operation, wholeMs }: Ending, latencyMs: number): void {
    this.#all.record(latencyMs);
    this.#interval.record(latencyMs);
    const own = this.#byOperation.get(operation) ?? newFigures();
    this.#byOperation.set(operation, own);
    own.latency.record(latencyMs);
    if (wholeMs !== undefined) own.whole.record(wholeMs);
  }
}

const newFigures = () => ({ latency: new LatencyHistogram(), whole: new LatencyHistogram() });

function percentilesOf(histogram: LatencyHistogram): Percentiles {
  const percentile = (share: number): number => histogram.percentileMs(share);
  return {
    count: histogram.count,
    ...{ p50Ms: percentile(0.5), p90Ms: percentile(0.9), p95Ms: percentile(0.95), p99Ms: percentile(0.99) },
    ...{ p999Ms: percentile(0.999), maxMs: histogram.maxMs, meanMs: histogram.meanMs },
  };
}
