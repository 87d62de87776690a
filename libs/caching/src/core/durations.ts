/** Each bucket is that much wider than the one before: percentiles are at most this share too high. */
const GROWTH = 1.1;
const LOG_GROWTH = Math.log(GROWTH);
/** 1 µs to 10 minutes. */
const BUCKETS = Math.ceil(Math.log(600_000_000) / LOG_GROWTH) + 2;

/** Percentiles in milliseconds; null where nothing was measured. */
export interface DurationStatistics {
  readonly count: number;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
  readonly maxMs: number | null;
}

/** Durations since the start, in buckets whose width grows with them: the memory is fixed, the error at most 10 %. */
export class Durations {
  readonly #counts = new Uint32Array(BUCKETS);
  #count = 0;
  #maxMs = 0;

  add(ms: number): void {
    const bucket = Math.ceil(Math.log(Math.max(ms * 1_000, 1)) / LOG_GROWTH);
    this.#counts[Math.min(bucket, BUCKETS - 1)]! += 1;
    this.#count += 1;
    this.#maxMs = Math.max(this.#maxMs, ms);
  }

  statistics(): DurationStatistics {
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
    if (this.#count === 0) return null;
    let left = Math.ceil(share * this.#count);
    let bucket = -1;
    while (left > 0) left -= this.#counts[++bucket]!;
    return rounded(Math.min(GROWTH ** bucket / 1_000, this.#maxMs));
  }
}

function rounded(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}
