/** Below this many microseconds each has a bucket of its own; above, each doubling has eight. */
const EXACT_BELOW = 16;
const EXACT_BITS = 4;
/** 35 minutes in microseconds: the largest that 31 bits hold. */
const LONGEST_MICROS = 0x7fff_ffff;
const BUCKETS = EXACT_BELOW + (31 - EXACT_BITS) * 8;

/** Durations since the start, in seconds; null where none was measured. Percentiles are at most an eighth too high. */
export interface DurationStats {
  readonly count: number;
  readonly sumSeconds: number;
  readonly p50Seconds: number | null;
  readonly p95Seconds: number | null;
  readonly p99Seconds: number | null;
  readonly maxSeconds: number | null;
}

/** A histogram of fixed size whose buckets grow with what they hold (as in HdrHistogram); counting takes no logarithm. */
export class Durations {
  readonly #counts = new Float64Array(BUCKETS);
  #count = 0;
  #sumMs = 0;
  #maxMs = 0;

  add(ms: number): void {
    this.#counts[bucketOf(ms)]! += 1;
    this.#count += 1;
    this.#sumMs += ms;
    if (ms > this.#maxMs) this.#maxMs = ms;
  }

  stats(): DurationStats {
    return {
      count: this.#count,
      sumSeconds: seconds(this.#sumMs),
      p50Seconds: this.#percentile(0.5),
      p95Seconds: this.#percentile(0.95),
      p99Seconds: this.#percentile(0.99),
      maxSeconds: this.#count === 0 ? null : seconds(this.#maxMs),
    };
  }

  /** By the nearest rank. */
  #percentile(share: number): number | null {
    if (this.#count === 0) return null;
    let left = Math.ceil(share * this.#count);
    let bucket = -1;
    while (left > 0) left -= this.#counts[++bucket]!;
    return seconds(Math.min(upperMicros(bucket) / 1_000, this.#maxMs));
  }
}

function bucketOf(ms: number): number {
  const micros = Math.min(ms * 1_000, LONGEST_MICROS) | 0;
  if (micros < EXACT_BELOW) return micros;
  const exponent = 31 - Math.clz32(micros);
  return EXACT_BELOW + (exponent - EXACT_BITS) * 8 + ((micros >> (exponent - 3)) & 7);
}

/** The end of a bucket, in microseconds. */
function upperMicros(bucket: number): number {
  if (bucket < EXACT_BELOW) return bucket + 1;
  const exponent = ((bucket - EXACT_BELOW) >> 3) + EXACT_BITS;
  return (9 + ((bucket - EXACT_BELOW) & 7)) * 2 ** (exponent - 3);
}

function seconds(ms: number): number {
  return Math.round(ms * 1_000) / 1_000_000;
}
