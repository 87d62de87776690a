import type { PoolClock } from './clock.ts';
import type { ResourceFactory } from './factory.ts';

/** Ends resources, and knows which have not ended yet. */
export class Destroyer<T> {
  readonly #factory: ResourceFactory<T>;
  readonly #clock: PoolClock;
  readonly #failed: (error: unknown) => void;
  readonly #ending = new Set<Promise<void>>();

  constructor(factory: ResourceFactory<T>, clock: PoolClock, failed: (error: unknown) => void) {
    this.#factory = factory;
    this.#clock = clock;
    this.#failed = failed;
  }

  destroy(resource: T): void {
    const ending = (async () => this.#factory.destroy(resource))().then(
      () => void this.#ending.delete(ending),
      (error: unknown) => {
        this.#ending.delete(ending);
        this.#failed(error);
      },
    );
    this.#ending.add(ending);
  }

  /** Resolves when all have ended, or the time is over. */
  async ended(timeoutMs: number): Promise<void> {
    if (this.#ending.size === 0) return;
    const late = Promise.withResolvers<void>();
    const timer = this.#clock.setTimer(late.resolve, timeoutMs, false);
    await Promise.race([Promise.all(this.#ending), late.promise]);
    this.#clock.clearTimer(timer);
  }
}
