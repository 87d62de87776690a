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
  #diverted = false;

  constructor(key: string, position: number, plan: FlightPlan) {
    this.key = key;
    this.position = position;
    const { promise, resolve } = Promise.withResolvers<MemoryEntry | undefined>();
    this.looked = promise;
    this.landed = plan(this, resolve).finally(() => resolve(undefined));
    // Whoever waits hears of a failure; a refresh in the background has nobody who does.
    this.landed.catch(() => {});
  }

  /** Its key was invalidated after it began: what it brings must not be kept, nor given to who asked later. */
  get diverted(): boolean {
    return this.#diverted;
  }

  divert(): void {
    this.#diverted = true;
  }
}
