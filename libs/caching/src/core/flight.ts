import type { MemoryEntry } from './memory-entry.ts';

/** How a load ended. */
export interface Landed {
  readonly entry: MemoryEntry;
  /** Whether a tier below memory had it, or the source was asked. */
  readonly from: 'tier' | 'source';
}

/** What carries a flight out; `looked` is to be called once, when the tiers below have been asked. */
export type FlightPlan = (flight: Flight, looked: (stale: MemoryEntry | undefined) => void) => Promise<Landed>;

/** One load of one key, and all who wait for it. */
export class Flight {
  readonly key: string;
  /** When it began, in the order of the namespace's invalidations. */
  readonly position: number;
  /** Resolves when the tiers below have been asked, to the stale value that one of them has. */
  readonly looked: Promise<MemoryEntry | undefined>;
  readonly landed: Promise<Landed>;
  /** Resolves when it has landed, or failed. */
  readonly over: Promise<void>;
  readonly #depart: (plan: FlightPlan) => void;
  #diverted = false;

  constructor(key: string, position: number) {
    this.key = key;
    this.position = position;
    const looked = Promise.withResolvers<MemoryEntry | undefined>();
    const landed = Promise.withResolvers<Landed>();
    this.looked = looked.promise;
    this.landed = landed.promise;
    // Whoever waits hears of a failure; a refresh in the background has nobody who does.
    this.over = this.landed.then(
      () => {},
      () => {},
    );
    this.#depart = (plan) => {
      const flown = plan(this, looked.resolve);
      landed.resolve(flown.finally(() => looked.resolve(undefined)));
    };
  }

  /** Begins. Others can find it by then: its loader may ask for the same key, or invalidate it. */
  depart(plan: FlightPlan): void {
    this.#depart(plan);
  }

  /** Its key was invalidated after it began: what it brings must not be kept, nor given to who asked later. */
  get diverted(): boolean {
    return this.#diverted;
  }

  divert(): void {
    this.#diverted = true;
  }
}
