import type { PoolNumbers } from './numbers.ts';
import type { ResolvedPoolOptions } from './pool-options.ts';
import type { Reports } from './reports.ts';

/** Tells that callers wait because all are in use: at once, and then once in a while for as long as it lasts. */
export class Exhaustion {
  readonly #options: Pick<ResolvedPoolOptions, 'name' | 'exhaustedEveryMs' | 'onExhausted'>;
  readonly #reports: Reports;
  #reportedAt = -Infinity;
  #acquires = 0;

  constructor(options: Pick<ResolvedPoolOptions, 'name' | 'exhaustedEveryMs' | 'onExhausted'>, reports: Reports) {
    this.#options = options;
    this.#reports = reports;
  }

  /** Another acquire has to wait. */
  add(now: number, numbers: () => PoolNumbers): void {
    this.#acquires += 1;
    const { name, exhaustedEveryMs, onExhausted } = this.#options;
    if (now - this.#reportedAt < exhaustedEveryMs) return;
    const acquires = this.#acquires;
    this.#acquires = 0;
    this.#reportedAt = now;
    this.#reports.guard(() => onExhausted({ pool: name, acquires, ...numbers() }));
  }
}
