/** Each bucket is that much wider than the one before: percentiles are at most this share too high. */
const GROWTH = 1.1;
const LOG_GROWTH = Math.log(GROWTH);
/** The width of the first bucket. Milliseconds. */
const FINEST_MS = 0.1;
const LONGEST_MS = 2 ** 31;
const BUCKETS = Math.ceil(Math.log(LONGEST_MS / FINEST_MS) / LOG_GROWTH) + 2;

/** Percentiles in milliseconds; null where nobody waited. */
export interface WaitStatistics {
  readonly count: number;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
  readonly maxMs: number | null;
}

/**
 * How long callers waited since the start, in buckets whose width grows with them, as in HdrHistogram: the memory is fixed
 * (1 kB, once somebody waited), the error at most 10 %.
 */
export class WaitTimes {
  #counts: Uint32Array | undefined;
  #count = 0;
  #maxMs = 0;

  add(ms: number): void {
    const bucket = Math.ceil(Math.log(Math.max(ms / FINEST_MS, 1)) / LOG_GROWTH);
    const counts = (this.#counts ??= new Uint32Array(BUCKETS));
    counts[Math.min(bucket, BUCKETS - 1)]! += 1;
    this.#count += 1;
    this.#maxMs = Math.max(this.#maxMs, ms);
  }

  statistics(): WaitStatistics {
    return {
      count: this.#count,
      p50Ms: this.#percentile(0.5),
      p95Ms: this.#percentile(0.95),
      p99Ms: this.#percentile(0.99),
      maxMs: this.#count === 0 ? null : rounded(this.#maxMs),
    };
  }

  /** By the nearest rank. */
  #percentile(share: number): number | null {
    if (this.#counts === undefined) return null;
    let left = Math.ceil(share * this.#count);
    let bucket = -1;
    while (left > 0) left -= this.#counts[++bucket]!;
    return rounded(Math.min(GROWTH ** bucket * FINEST_MS, this.#maxMs));
  }
}

function rounded(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}
