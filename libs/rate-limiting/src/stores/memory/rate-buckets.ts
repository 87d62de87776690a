import { MOST } from '../../core/check.ts';
import type { RateLimit } from '../../core/limit.ts';

/** Buckets looked at for idle ones with each new bucket: more than one, so that these can't outnumber the others for long. */
const SWEPT_AT_ONCE = 4;
/** Buckets among which the one nearest to full is given up where all are busy. */
const SAMPLE = 8;
const FIRST_ROOM = 64;
/** Of the capacity: what adding up times in floating point may be off by. */
const ROUNDING = 1e-6;

export const NO_BUCKET = -1;

/** How long a bucket that is empty takes to be full. */
export function spanMs(limit: RateLimit): number {
  return (limit.capacity * limit.perMs) / limit.amount;
}

/** How long one token takes to come. */
export function intervalMs(limit: RateLimit): number {
  return limit.perMs / limit.amount;
}

/** The most that is owed of it; what is more is forgotten, so that all numbers stay such as can be told. */
export function mostOwedMs(limit: RateLimit): number {
  return (limit.capacity + MOST) * intervalMs(limit);
}

/** What can be taken now of a bucket that is full again in so many milliseconds, rounded down. */
export function remaining(limit: RateLimit, owedMs: number): number {
  const { capacity } = limit;
  return Math.floor(Math.min(capacity, capacity * (1 + ROUNDING) - owedMs / intervalMs(limit)));
}

/** How long until so much can be taken of it, which is not above its capacity; 0 or less: now. */
export function waitMs(limit: RateLimit, owedMs: number, cost: number): number {
  const span = spanMs(limit);
  const wait = owedMs + cost * intervalMs(limit) - span;
  return wait <= span * ROUNDING ? 0 : wait;
}

/**
 * Buckets as the generic cell rate algorithm has them (ITU-T I.371): of each only when it will be full, which is a token
 * bucket exactly. One that is full is not kept. Those that became full are swept as others come; where so many are kept that
 * none may come, the one nearest to full of a few goes, so that its client gains the least.
 *
 * A bucket is named by its place in the arrays until the next call of `put` or `drop`.
 */
export class RateBuckets {
  readonly #most: number;
  /** By limit name, then by subject: the place. */
  readonly #places = new Map<string, Map<string, number>>();
  #fullAt = new Float64Array(FIRST_ROOM);
  /** Of the limit that it was filled by, so that another limit can take over the part that is used. */
  #span = new Float64Array(FIRST_ROOM);
  readonly #subjects: string[] = [];
  readonly #homes: (Map<string, number> | undefined)[] = [];
  readonly #free: number[] = [];
  #cursor = 0;
  #evicted = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#homes.length - this.#free.length;
  }

  /** Busy buckets given up for room. */
  get evicted(): number {
    return this.#evicted;
  }

  find(limit: RateLimit, subject: string): number {
    return this.#places.get(limit.name)?.get(subject) ?? NO_BUCKET;
  }

  /** How long until it is full. */
  owedMs(place: number, limit: RateLimit, now: number): number {
    if (place === NO_BUCKET) return 0;
    const owed = this.#fullAt[place]! - now;
    if (owed <= 0) return 0;
    const span = spanMs(limit);
    const former = this.#span[place]!;
    return span === former ? owed : Math.min((owed * span) / former, mostOwedMs(limit));
  }

  set(place: number, limit: RateLimit, fullAt: number): void {
    this.#fullAt[place] = fullAt;
    this.#span[place] = spanMs(limit);
  }

  put(limit: RateLimit, subject: string, fullAt: number, now: number): void {
    this.#sweep(now);
    let home = this.#places.get(limit.name);
    if (home === undefined) this.#places.set(limit.name, (home = new Map<string, number>()));
    const place = this.#room(now);
    this.#subjects[place] = subject;
    this.#homes[place] = home;
    home.set(subject, place);
    this.set(place, limit, fullAt);
  }

  drop(place: number): void {
    const home = this.#homes[place];
    if (home === undefined) return;
    home.delete(this.#subjects[place]!);
    this.#homes[place] = undefined;
    this.#subjects[place] = '';
    this.#free.push(place);
  }

  #room(now: number): number {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if (this.#homes.length >= this.#most) {
      this.drop(this.#nearestToFull(now));
      this.#evicted += 1;
      return this.#free.pop()!;
    }
    const place = this.#homes.length;
    if (place === this.#fullAt.length) this.#grow();
    return place;
  }

  #grow(): void {
    const room = Math.min(this.#fullAt.length * 2, Math.max(this.#most, FIRST_ROOM));
    const wider = (numbers: Float64Array) => {
      const copy = new Float64Array(room);
      copy.set(numbers);
      return copy;
    };
    this.#fullAt = wider(this.#fullAt);
    this.#span = wider(this.#span);
  }

  #sweep(now: number): void {
    for (let looked = 0; looked < SWEPT_AT_ONCE; looked += 1) {
      const place = this.#next();
      if (this.#homes[place] !== undefined && this.#fullAt[place]! <= now) this.drop(place);
    }
  }

  /** Of places that are all taken. */
  #nearestToFull(now: number): number {
    let nearest = this.#next();
    for (let looked = 1; looked < SAMPLE; looked += 1) {
      const place = this.#next();
      if (this.#usedPart(place, now) < this.#usedPart(nearest, now)) nearest = place;
    }
    return nearest;
  }

  #usedPart(place: number, now: number): number {
    return (this.#fullAt[place]! - now) / this.#span[place]!;
  }

  /** A cursor over places; an iterator of the map would keep alive every table that the map outgrew. */
  #next(): number {
    this.#cursor = this.#cursor + 1 < this.#homes.length ? this.#cursor + 1 : 0;
    return this.#cursor;
  }
}
