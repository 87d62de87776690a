import type { Clock } from '../../core/clock.ts';
import type { LimitStore, SlotHold } from '../../core/store.ts';

/** More than a process holds; of what is beyond it the leases end by themselves. */
const MOST_PENDING = 100_000;

/** Slots of a store that is away, to be given back when it is there again; those whose leases have ended by then are not. */
export class PendingReleases {
  readonly #clock: Pick<Clock, 'now'>;
  #pending: { readonly hold: SlotHold; readonly endsAt: number }[] = [];

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#pending.length;
  }

  add(holds: readonly SlotHold[]): void {
    const now = this.#clock.now();
    for (const hold of holds) {
      if (this.#pending.length >= MOST_PENDING) return;
      this.#pending.push({ hold, endsAt: now + hold.limit.leaseMs });
    }
  }

  /** @throws what the store does, and keeps them then */
  async release(store: LimitStore): Promise<void> {
    const now = this.#clock.now();
    const held = this.#pending.filter(({ endsAt }) => endsAt > now).map(({ hold }) => hold);
    this.#pending = [];
    if (held.length === 0) return;
    try {
      await store.release(held);
    } catch (error) {
      this.add(held);
      throw error;
    }
  }
}
