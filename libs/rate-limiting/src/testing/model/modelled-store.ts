import { expect } from 'expect';
import type { Clock } from '../../core/clock.ts';
import type { RateLimit } from '../../core/limit.ts';
import type { Asker, Correction, Decision, Demand, LimitStore, SlotHold, Standing } from '../../core/store.ts';
import { BucketModel, ROUNDING } from './bucket-model.ts';

interface Lease {
  endsAt: number;
  readonly of: string;
}

/**
 * A store that compares every answer of another with what buckets and leases are by their definitions, and that may answer
 * late.
 */
export class ModelledStore implements LimitStore {
  readonly #store: LimitStore;
  readonly #clock: Clock;
  /** Until a call reaches the store, and until its answer is back; 0: at once, without a promise. */
  readonly #delayMs: () => number;
  readonly #buckets = new Map<string, BucketModel>();
  readonly #leases = new Map<string, Lease>();
  /** By subject and limit, all that was taken but for what was given back. */
  readonly #net = new Map<string, number>();

  constructor(store: LimitStore, clock: Clock, delayMs: () => number) {
    this.#store = store;
    this.#clock = clock;
    this.#delayMs = delayMs;
  }

  get buckets(): readonly BucketModel[] {
    return [...this.#buckets.values()];
  }

  net(limitName: string, subject: string): number {
    return this.#net.get(`${limitName} ${subject}`) ?? 0;
  }

  /** Leases that are held by somebody who is heard of. */
  get held(): number {
    const now = this.#clock.now();
    return [...this.#leases.values()].filter(({ endsAt }) => endsAt > now).length;
  }

  take(demands: readonly Demand[], asker: Asker): Decision | Promise<Decision> {
    return this.#late(() => this.#checkedTake(demands, asker));
  }

  look(demands: readonly Demand[]): readonly Standing[] | Promise<readonly Standing[]> {
    return this.#late(() => {
      const standings = this.#store.look(demands) as readonly Standing[];
      this.#compare(standings);
      return standings;
    });
  }

  correct(corrections: readonly Correction[]): void | Promise<void> {
    return this.#late(() => {
      for (const { limit, subject, by } of corrections) {
        this.#bucket(limit, subject).correct(limit, by, this.#clock.now());
        this.#count(limit.name, subject, by);
      }
      void this.#store.correct(corrections);
    });
  }

  release(holds: readonly SlotHold[]): void | Promise<void> {
    return this.#late(() => {
      for (const { lease } of holds) this.#leases.delete(lease);
      void this.#store.release(holds);
    });
  }

  renew(holds: readonly SlotHold[]): readonly SlotHold[] | Promise<readonly SlotHold[]> {
    return this.#late(() => {
      const now = this.#clock.now();
      const lost = this.#store.renew(holds) as readonly SlotHold[];
      const ended = holds.filter(({ lease }) => !((this.#leases.get(lease)?.endsAt ?? 0) > now));
      expect(new Set(lost)).toEqual(new Set(ended));
      for (const { limit, lease } of holds) {
        const known = this.#leases.get(lease);
        if (known !== undefined && known.endsAt > now) known.endsAt = now + limit.leaseMs;
      }
      return lost;
    });
  }

  reset(demands: readonly Demand[]): void | Promise<void> {
    return this.#late(() => {
      for (const { limit, subject } of demands) {
        if (limit.kind === 'rate') this.#bucket(limit, subject).reset();
        for (const [lease, { of }] of this.#leases) {
          if (of === `${limit.name} ${subject}`) this.#leases.delete(lease);
        }
      }
      void this.#store.reset(demands);
    });
  }

  close(): void | Promise<void> {
    return this.#store.close();
  }

  #checkedTake(demands: readonly Demand[], asker: Asker): Decision {
    const now = this.#clock.now();
    const lacking = demands.map((demand) => this.#lacking(demand));
    const decision = this.#store.take(demands, asker) as Decision;
    if (decision.allowed) {
      // Above 0 is lacking; what rounding may have decided is left to it.
      expect(Math.max(...lacking)).toBeLessThanOrEqual(ROUNDING);
      for (const { limit, subject, cost = 1 } of demands) {
        if (limit.kind === 'slots') continue;
        this.#bucket(limit, subject).take(limit, cost, now);
        this.#count(limit.name, subject, cost);
      }
      for (const { limit, subject, lease } of decision.holds) {
        this.#leases.set(lease, { of: `${limit.name} ${subject}`, endsAt: now + limit.leaseMs });
      }
    } else {
      expect(lacking[decision.by]).toBeGreaterThan(-ROUNDING);
      const rates = demands.map(({ limit }, index) => (limit.kind === 'rate' ? lacking[index]! : -1));
      if (demands[decision.by]!.limit.kind === 'slots') expect(Math.max(...rates)).toBeLessThanOrEqual(ROUNDING);
    }
    this.#compare(decision.standings);
    return decision;
  }

  /** The part of the limit of which there is too little; at most 0 where there is enough. */
  #lacking({ limit, subject, cost = 1 }: Demand): number {
    if (limit.kind === 'slots') return 1 - (limit.slots - this.#countHeld(limit.name, subject));
    return (cost - this.#bucket(limit, subject).tokens(this.#clock.now(), limit)) / limit.capacity;
  }

  #compare(standings: readonly Standing[]): void {
    for (const { limit, subject, remaining } of standings) {
      if (limit.kind === 'slots') {
        expect(remaining).toBe(Math.max(0, limit.slots - this.#countHeld(limit.name, subject)));
        continue;
      }
      const off = this.#bucket(limit, subject).tokens(this.#clock.now(), limit) - remaining;
      expect(off).toBeGreaterThan(-ROUNDING * limit.capacity);
      expect(off).toBeLessThan(1 + ROUNDING * limit.capacity);
    }
  }

  #countHeld(limitName: string, subject: string): number {
    const now = this.#clock.now();
    return [...this.#leases.values()].filter(({ of, endsAt }) => of === `${limitName} ${subject}` && endsAt > now)
      .length;
  }

  #bucket(limit: RateLimit, subject: string): BucketModel {
    const key = `${limit.name} ${subject}`;
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) this.#buckets.set(key, (bucket = new BucketModel(limit, this.#clock.now())));
    return bucket;
  }

  #count(limitName: string, subject: string, by: number): void {
    this.#net.set(`${limitName} ${subject}`, this.net(limitName, subject) + by);
  }

  #late<T>(call: () => T): T | Promise<T> {
    const delayMs = this.#delayMs();
    if (delayMs === 0) return call();
    return new Promise((resolve, reject) => {
      this.#clock.after(delayMs, () => {
        try {
          const answer = call();
          this.#clock.after(delayMs, () => resolve(answer));
        } catch (error) {
          reject(error as Error);
        }
      });
    });
  }
}
