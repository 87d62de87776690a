import type { Demand } from '@purser/rate-limiting';

/**
 * Until when limits are known to refuse: what a take was told, so that the next ones need not ask. By the object of the
 * demand, which the configuration's next change of it replaces.
 */
export class RefusedUntil {
  #until = new WeakMap<Demand, number>();
  /** Requests that were refused for what was known. */
  count = 0;

  /** How many milliseconds more the first of these refuses; undefined where none is known to. */
  leftMs(demands: readonly Demand[]): { readonly demand: Demand; readonly retryAfterMs: number } | undefined {
    for (const demand of demands) {
      const until = this.#until.get(demand);
      if (until === undefined) continue;
      const retryAfterMs = until - performance.now();
      if (retryAfterMs > 0) return { demand, retryAfterMs };
      this.#until.delete(demand);
    }
    return undefined;
  }

  note(demand: Demand, retryAfterMs: number): void {
    this.#until.set(demand, performance.now() + retryAfterMs);
  }

  /** Nothing is known any more. */
  forget(): void {
    this.#until = new WeakMap();
  }
}
