/**
 * Sums over the latest `windowMs`, in buckets: what is older is forgotten a bucket at a time, so they are over at least
 * `windowMs` and at most one bucket more. The memory is fixed, and adding costs the same however much is counted.
 */
export class SlidingWindow {
  readonly #bucketMs: number;
  readonly #buckets: number;
  readonly #sums: Float64Array;
  readonly #totals: Float64Array;
  readonly #columns: number;
  /** The number of the newest bucket since the clock's zero. */
  #newest = -Infinity;
  /** When it ends, and where its sums are. */
  #endsAt = -Infinity;
  #at = 0;

  /** @param columns how many different things are counted */
  constructor(windowMs: number, columns: number, buckets = 10) {
    this.#bucketMs = windowMs / buckets;
    this.#buckets = buckets + 1;
    this.#columns = columns;
    this.#sums = new Float64Array(this.#buckets * columns);
    this.#totals = new Float64Array(columns);
  }

  /** Forgets what is too old at this time, which is that of what follows. */
  moveTo(now: number): void {
    // Most of what comes falls into the newest bucket, and has nothing to forget.
    if (now >= this.#endsAt) this.#advance(now);
  }

  add(column: number): void {
    this.#sums[this.#at + column]! += 1;
    this.#totals[column]! += 1;
  }

  total(column: number): number {
    return this.#totals[column]!;
  }

  clear(): void {
    this.#sums.fill(0);
    this.#totals.fill(0);
  }

  #advance(now: number): void {
    const bucket = Math.floor(now / this.#bucketMs);
    if (bucket - this.#newest >= this.#buckets) {
      this.#sums.fill(0);
      this.#totals.fill(0);
    } else {
      for (let next = this.#newest + 1; next <= bucket; next += 1) this.#forget(next % this.#buckets);
    }
    this.#newest = bucket;
    this.#endsAt = (bucket + 1) * this.#bucketMs;
    this.#at = (bucket % this.#buckets) * this.#columns;
  }

  #forget(bucket: number): void {
    for (let column = 0; column < this.#columns; column += 1) {
      const at = bucket * this.#columns + column;
      this.#totals[column]! -= this.#sums[at]!;
      this.#sums[at] = 0;
    }
  }
}
