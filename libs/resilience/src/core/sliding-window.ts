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

  /** @param columns how many different things are counted */
  constructor(windowMs: number, columns: number, buckets = 10) {
    this.#bucketMs = windowMs / buckets;
    this.#buckets = buckets + 1;
    this.#columns = columns;
    this.#sums = new Float64Array(this.#buckets * columns);
    this.#totals = new Float64Array(columns);
  }

  add(now: number, column: number, amount: number): void {
    this.#advance(now);
    const bucket = this.#newest % this.#buckets;
    this.#sums[bucket * this.#columns + column]! += amount;
    this.#totals[column]! += amount;
  }

  total(now: number, column: number): number {
    this.#advance(now);
    return this.#totals[column]!;
  }

  clear(): void {
    this.#sums.fill(0);
    this.#totals.fill(0);
    this.#newest = -Infinity;
  }

  #advance(now: number): void {
    const bucket = Math.floor(now / this.#bucketMs);
    if (bucket <= this.#newest) return;
    if (bucket - this.#newest >= this.#buckets) {
      this.#sums.fill(0);
      this.#totals.fill(0);
    } else {
      for (let next = this.#newest + 1; next <= bucket; next += 1) this.#forget(next % this.#buckets);
    }
    this.#newest = bucket;
  }

  #forget(bucket: number): void {
    for (let column = 0; column < this.#columns; column += 1) {
      const at = bucket * this.#columns + column;
      this.#totals[column]! -= this.#sums[at]!;
      this.#sums[at] = 0;
    }
  }
}
