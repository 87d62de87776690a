import { wholeAtLeast1 } from '../../core/check.ts';
import { monotonicClock, type Clock } from '../../core/clock.ts';
import type { RateLimit, SlotLimit } from '../../core/limit.ts';
import type { Correction, Decision, Demand, LimitStore, SlotHold, Standing } from '../../core/store.ts';
import { LeaseBook } from './lease-book.ts';
import { intervalMs, mostOwedMs, NO_BUCKET, RateBuckets, remaining, waitMs } from './rate-buckets.ts';

const DEFAULT_MOST_BUCKETS = 1_000_000;
/** There is no other process to hear of. */
const NEVER_FREED: LimitStore['onFreed'] = () => () => {};
const NO_HOLDS: readonly SlotHold[] = Object.freeze([]);

export interface MemoryStoreOptions {
  /**
   * The most buckets that are kept, about 130 bytes each. Default 1 000 000. Beyond it, where none is idle, the one nearest
   * to full of a few is given up: its client gets back what it had used.
   */
  readonly mostBuckets?: number;
  readonly clock?: Pick<Clock, 'now'>;
}

/** What a {@link MemoryStore} holds. */
export interface MemoryStoreStatistics {
  readonly buckets: number;
  readonly mostBuckets: number;
  /** Busy buckets given up for room: where it grows, `mostBuckets` is too small. */
  readonly evicted: number;
  /** Subjects of which slots are held. */
  readonly slotSubjects: number;
}

/**
 * Limits of one process. Every call is decided at once, without a promise.
 *
 * It is one limiter's: who waits at another that shares it is not told of slots that come free, and looks only every second.
 */
export class MemoryStore implements LimitStore {
  readonly onFreed = NEVER_FREED;

  readonly #clock: Pick<Clock, 'now'>;
  /** Times are kept from here on, as the smaller they are the more exact they are. */
  readonly #origin: number;
  readonly #mostBuckets: number;
  readonly #buckets: RateBuckets;
  readonly #leases = new LeaseBook();
  /** Between the two passes over demands: where each bucket is, and how long until it is full. No call meets another. */
  readonly #places: number[] = [];
  readonly #owedMs: number[] = [];

  /** @throws TypeError naming the option */
  constructor({ mostBuckets = DEFAULT_MOST_BUCKETS, clock = monotonicClock }: MemoryStoreOptions = {}) {
    this.#mostBuckets = wholeAtLeast1('mostBuckets', mostBuckets);
    this.#clock = clock;
    this.#origin = clock.now();
    this.#buckets = new RateBuckets(mostBuckets);
  }

  take(demands: readonly Demand[]): Decision {
    const now = this.#now();
    const by = this.#firstRefusing(demands, now);
    if (by >= 0) return this.#refusal(demands, by, now);
    let holds: SlotHold[] | undefined;
    for (let index = 0; index < demands.length; index += 1) {
      const { limit, subject } = demands[index]!;
      if (limit.kind === 'slots') (holds ??= []).push(this.#leases.take(limit, subject, now));
      else this.#fill(index, limit, demands[index]!.cost ?? 1, now);
    }
    this.#open(demands, now);
    return { allowed: true, holds: holds ?? NO_HOLDS, standings: this.#standings(demands, now) };
  }

  look(demands: readonly Demand[]): readonly Standing[] {
    const now = this.#now();
    for (let index = 0; index < demands.length; index += 1) this.#find(index, demands[index]!, now);
    return this.#standings(demands, now);
  }

  correct(corrections: readonly Correction[]): void {
    const now = this.#now();
    for (const { limit, subject, by } of corrections) {
      const place = this.#buckets.find(limit, subject);
      const owed = Math.min(this.#buckets.owedMs(place, limit, now) + by * intervalMs(limit), mostOwedMs(limit));
      if (owed <= 0) this.#buckets.drop(place);
      else if (place === NO_BUCKET) this.#buckets.put(limit, subject, now + owed, now);
      else this.#buckets.set(place, limit, now + owed);
    }
  }

  release(holds: readonly SlotHold[]): void {
    const now = this.#now();
    for (const hold of holds) this.#leases.release(hold, now);
  }

  renew(holds: readonly SlotHold[]): readonly SlotHold[] {
    const now = this.#now();
    return holds.filter((hold) => !this.#leases.renew(hold, now));
  }

  reset(demands: readonly Demand[]): void {
    for (const { limit, subject } of demands) {
      if (limit.kind === 'slots') this.#leases.reset(limit, subject);
      else this.#buckets.drop(this.#buckets.find(limit, subject));
    }
  }

  statistics(): MemoryStoreStatistics {
    const { size: buckets, evicted } = this.#buckets;
    return { buckets, mostBuckets: this.#mostBuckets, evicted, slotSubjects: this.#leases.subjects };
  }

  close(): void {}

  #now(): number {
    return this.#clock.now() - this.#origin;
  }

  /** @returns where it is; a rate goes before slots; -1 where all fit */
  #firstRefusing(demands: readonly Demand[], now: number): number {
    let full = -1;
    for (let index = 0; index < demands.length; index += 1) {
      const demand = demands[index]!;
      const { limit, cost = 1 } = demand;
      this.#find(index, demand, now);
      if (limit.kind === 'slots') {
        if (full < 0 && this.#leases.held(limit, demand.subject, now) >= limit.slots) full = index;
      } else if (cost > limit.capacity || waitMs(limit, this.#owedMs[index]!, cost) > 0) {
        for (let rest = index + 1; rest < demands.length; rest += 1) this.#find(rest, demands[rest]!, now);
        return index;
      }
    }
    return full;
  }

  #find(index: number, { limit, subject }: Demand, now: number): void {
    if (limit.kind === 'slots') return;
    const place = this.#buckets.find(limit, subject);
    this.#places[index] = place;
    this.#owedMs[index] = this.#buckets.owedMs(place, limit, now);
  }

  #fill(index: number, limit: RateLimit, cost: number, now: number): void {
    const owed = this.#owedMs[index]! + cost * intervalMs(limit);
    this.#owedMs[index] = owed;
    const place = this.#places[index]!;
    if (place !== NO_BUCKET) this.#buckets.set(place, limit, now + owed);
  }

  /** After all others were filled: a new bucket may take another's place. */
  #open(demands: readonly Demand[], now: number): void {
    for (let index = 0; index < demands.length; index += 1) {
      const { limit, subject } = demands[index]!;
      if (limit.kind === 'slots' || this.#places[index] !== NO_BUCKET) continue;
      const owed = this.#owedMs[index]!;
      if (owed > 0) this.#buckets.put(limit, subject, now + owed, now);
    }
  }

  #refusal(demands: readonly Demand[], by: number, now: number): Decision {
    const { limit, subject, cost = 1 } = demands[by]!;
    const retryAfterMs =
      limit.kind === 'slots'
        ? this.#leases.guessMs(limit, subject)
        : cost > limit.capacity
          ? undefined
          : waitMs(limit, this.#owedMs[by]!, cost);
    return { allowed: false, by, retryAfterMs, standings: this.#standings(demands, now) };
  }

  #standings(demands: readonly Demand[], now: number): readonly Standing[] {
    const standings = new Array<Standing>(demands.length);
    for (let index = 0; index < demands.length; index += 1) {
      const { limit, subject } = demands[index]!;
      standings[index] =
        limit.kind === 'slots'
          ? { limit, subject, remaining: this.#free(limit, subject, now), resetMs: 0 }
          : this.#standing(limit, subject, this.#owedMs[index]!);
    }
    return standings;
  }

  #standing(limit: RateLimit, subject: string, owedMs: number): Standing {
    return { limit, subject, remaining: remaining(limit, owedMs), resetMs: owedMs };
  }

  /** Below 0 is more than can be said: the limit was higher when they were taken. */
  #free(limit: SlotLimit, subject: string, now: number): number {
    return Math.max(0, limit.slots - this.#leases.held(limit, subject, now));
  }
}
