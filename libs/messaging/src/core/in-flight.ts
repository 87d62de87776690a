/** Counts what is being handled, up to a limit, and lets one wait until it is done. */
export class InFlight {
  readonly #limit: number;
  readonly #waiters = new Set<() => void>();
  #count = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get count(): number {
    return this.#count;
  }

  /** Whether there was room; each `true` is followed by one {@link leave}. */
  enter(): boolean {
    if (this.#count >= this.#limit) return false;
    this.#count += 1;
    return true;
  }

  leave(): void {
    this.#count -= 1;
    if (this.#count > 0) return;
    for (const waiter of this.#waiters) waiter();
    this.#waiters.clear();
  }

  /** Whether nothing was in flight before `deadlineMs` had passed. */
  idle(deadlineMs: number): Promise<boolean> {
    if (this.#count === 0) return Promise.resolve(true);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const done = (): void => {
      clearTimeout(timer);
      resolve(true);
    };
    const timer = setTimeout(() => {
      this.#waiters.delete(done);
      resolve(false);
    }, deadlineMs);
    this.#waiters.add(done);
    return promise;
  }
}
