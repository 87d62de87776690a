/** How fast money is reserved from one budget: the sum of the bounds of about the last two seconds. */
export class Demand {
  #sum = 0;
  #at = 0;

  add(bound: bigint, now: number): void {
    this.#sum = this.#decayed(now) + Number(bound);
    this.#at = now;
  }

  twoSeconds(now: number): bigint {
    return BigInt(Math.floor(this.#decayed(now)));
  }

  #decayed(now: number): number {
    return this.#sum * Math.exp((this.#at - now) / 2_000);
  }
}

/**
 * What this session may spend of one window. Every amount only grows but `inFlight`:
 * free = granted − returned − bounds in flight − covered cost of finished requests.
 */
export class Lease {
  readonly id: string;
  readonly budget: string;
  readonly window: string;
  granted = 0n;
  returned = 0n;
  /** The `returned` that the budget service has confirmed. */
  returnedConfirmed = 0n;
  inFlight = 0n;
  spent = 0n;
  /** What of `spent` the budget service has settled. */
  settled = 0n;
  /** By this process's monotonic clock; Infinity: never. */
  endsAt = Infinity;
  tight = false;
  /** More was asked for in advance, and the answer has not come yet. */
  refilling = false;
  epoch = 0;
  epochConfirmed = 0;
  usedAt = 0;
  /** What the window had left when the budget service last told. */
  remaining = 0n;

  constructor(id: string, budget: string, window: string) {
    this.id = id;
    this.budget = budget;
    this.window = window;
  }

  get free(): bigint {
    return this.granted - this.returned - this.inFlight - this.spent;
  }

  /** Whether nothing rests on it, here or at the budget service: then no answer will ever name it again. */
  get isDone(): boolean {
    const confirmed = this.returned === this.returnedConfirmed && this.spent === this.settled;
    return confirmed && this.inFlight === 0n && this.free === 0n;
  }

  take(bound: bigint, now: number): void {
    this.inFlight += bound;
    this.usedAt = now;
  }

  finish(bound: bigint, cost: bigint): void {
    this.inFlight -= bound;
    this.spent += cost < bound ? cost : bound;
  }
}
