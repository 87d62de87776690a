import type { RateLimit } from '../../core/limit.ts';

/** What adding up in floating point may be off by, of the capacity. */
export const ROUNDING = 2e-6;

interface Passed {
  readonly at: number;
  /** All that was taken by then, and all that was given back. */
  readonly taken: number;
  readonly returned: number;
  readonly cost: number;
}

/** A token bucket as it is defined: so many tokens now. It remembers all that passed, so that every window can be looked at. */
export class BucketModel {
  limit: RateLimit;
  #tokens: number;
  #at: number;
  #taken = 0;
  #returned = 0;
  /** Until the limit or the bucket is made anew. */
  #passed: Passed[] = [];

  constructor(limit: RateLimit, now: number) {
    this.limit = limit;
    this.#tokens = limit.capacity;
    this.#at = now;
  }

  /** What is in it, as a part of another limit than it has been taken of: the part that is used stays. */
  tokens(now: number, limit = this.limit): number {
    const { capacity, amount, perMs } = this.limit;
    this.#tokens = Math.min(capacity, this.#tokens + ((now - this.#at) * amount) / perMs);
    this.#at = now;
    return limit === this.limit ? this.#tokens : (this.#tokens / capacity) * limit.capacity;
  }

  take(limit: RateLimit, cost: number, now: number): void {
    this.#change(limit, now);
    this.#tokens -= cost;
    this.#taken += cost;
    this.#passed.push({ at: now, taken: this.#taken, returned: this.#returned, cost });
  }

  correct(limit: RateLimit, by: number, now: number): void {
    this.#change(limit, now);
    this.#tokens = Math.min(limit.capacity, this.#tokens - by);
    if (by > 0) this.#taken += by;
    else this.#returned -= by;
  }

  reset(): void {
    this.#tokens = this.limit.capacity;
    this.#passed = [];
  }

  /**
   * The most that passed beyond `capacity + refill * t + what was given back meanwhile`, over all windows from one call to
   * another. At most 0, but for rounding.
   */
  worstWindow(): number {
    const { capacity, amount, perMs } = this.limit;
    let worst = -Infinity;
    for (let from = 0; from < this.#passed.length; from += 1) {
      for (let to = from; to < this.#passed.length; to += 1) {
        const [first, last] = [this.#passed[from]!, this.#passed[to]!];
        const passed = last.taken - first.taken + first.cost;
        const returned = last.returned - first.returned;
        worst = Math.max(worst, passed - capacity - ((last.at - first.at) * amount) / perMs - returned);
      }
    }
    return worst;
  }

  #change(limit: RateLimit, now: number): void {
    this.#tokens = this.tokens(now, limit);
    if (limit === this.limit) return;
    this.limit = limit;
    this.#passed = [];
  }
}
