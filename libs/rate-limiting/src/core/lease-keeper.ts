import type { Clock } from './clock.ts';
import type { Grant } from './grant.ts';
import type { SlotLimit } from './limit.ts';
import { LONGEST_TIMER_MS } from './options.ts';
import { isPromise } from './promises.ts';
import type { LimitStore, SlotHold } from './store.ts';

const RENEWALS_PER_LEASE = 3;
/** Renewed by one call of the store. */
const BATCH = 500;

export interface LeaseKeeperEvents {
  readonly onLost: (hold: SlotHold, grant: Grant) => void;
  readonly onProblem: (error: unknown) => void;
}

/** Renews what is held, all by one timer, three times in the shortest lease among it, or as rarely as timers can. */
export class LeaseKeeper {
  readonly #store: LimitStore;
  readonly #clock: Clock;
  readonly #events: LeaseKeeperEvents;
  readonly #grants = new Set<Grant>();
  #everyMs = Infinity;
  #dueAt = Infinity;
  #callOff: (() => void) | undefined;
  #isRenewing = false;

  constructor(store: LimitStore, clock: Clock, events: LeaseKeeperEvents) {
    this.#store = store;
    this.#clock = clock;
    this.#events = events;
  }

  /** Of which slots are held. */
  get grants(): ReadonlySet<Grant> {
    return this.#grants;
  }

  keep(grant: Grant): void {
    this.#grants.add(grant);
    for (const { limit } of grant.holds) {
      const everyMs = renewedEveryMs(limit);
      if (everyMs >= this.#everyMs) continue;
      this.#everyMs = everyMs;
      this.#renewWithin(everyMs);
    }
  }

  /** @returns whether it was still kept */
  leave(grant: Grant): boolean {
    return this.#grants.delete(grant);
  }

  close(): void {
    this.#callOff?.();
    this.#callOff = undefined;
    this.#grants.clear();
  }

  #renewWithin(ms: number): void {
    const dueAt = this.#clock.now() + ms;
    if (dueAt >= this.#dueAt) return;
    this.#dueAt = dueAt;
    this.#callOff?.();
    this.#callOff = this.#clock.after(ms, () => this.#tick());
  }

  #tick(): void {
    this.#callOff = undefined;
    this.#dueAt = this.#everyMs = Infinity;
    for (const { holds } of this.#grants) {
      for (const { limit } of holds) this.#everyMs = Math.min(this.#everyMs, renewedEveryMs(limit));
    }
    if (this.#everyMs === Infinity) return;
    this.#renewWithin(this.#everyMs);
    if (this.#isRenewing) return;
    this.#isRenewing = true;
    void this.#renewAll().finally(() => {
      this.#isRenewing = false;
    });
  }

  async #renewAll(): Promise<void> {
    const held = [...this.#grants].flatMap((grant) => grant.holds.map((hold) => [hold, grant] as const));
    for (let from = 0; from < held.length; from += BATCH) {
      const batch = new Map(held.slice(from, from + BATCH).filter(([, grant]) => this.#grants.has(grant)));
      try {
        const lost = this.#store.renew([...batch.keys()]);
        this.#lose(isPromise(lost) ? await lost : lost, batch);
      } catch (error) {
        this.#events.onProblem(error);
      }
    }
  }

  #lose(lost: readonly SlotHold[], batch: ReadonlyMap<SlotHold, Grant>): void {
    for (const { lease } of lost) {
      for (const [hold, grant] of batch) {
        // Who gave it back while it was renewed lost nothing.
        if (hold.lease === lease && grant.holds.includes(hold)) this.#events.onLost(hold, grant);
      }
    }
  }
}

function renewedEveryMs({ leaseMs }: SlotLimit): number {
  return Math.min(leaseMs / RENEWALS_PER_LEASE, LONGEST_TIMER_MS);
}
