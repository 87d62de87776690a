import { checkAmount } from './check-calls.ts';
import type { Correction, Demand, SlotHold, Standing, Taken } from './store.ts';

/** What a grant needs of the limiter that gave it. */
export interface GrantKeeper {
  correct(corrections: readonly Correction[]): void | Promise<void>;
  release(grant: Grant, holds: readonly SlotHold[]): void | Promise<void>;
}

/**
 * What was asked for. Whoever gets it calls `release` or `giveBack` in the end, where there are slots among it; until then
 * the limiter renews their leases.
 *
 * Its calls never throw or reject for what goes wrong at the store: that is counted, and told to `onProblem`.
 */
export class Grant {
  readonly allowed = true;
  readonly demands: readonly Demand[];
  readonly standings: readonly Standing[];
  /** How long it waited for slots. */
  readonly waitedMs: number;
  readonly client: string | undefined;
  /** The slots that are still held. */
  holds: readonly SlotHold[];

  readonly #keeper: GrantKeeper;
  /** What each of the demands cost, once it is settled. */
  #costs: number[] | undefined;
  #isGivenBack = false;

  constructor(
    keeper: GrantKeeper,
    demands: readonly Demand[],
    taken: Taken,
    client: string | undefined,
    waitedMs: number,
  ) {
    this.#keeper = keeper;
    this.demands = demands;
    this.standings = taken.standings;
    this.holds = taken.holds;
    this.client = client;
    this.waitedMs = waitedMs;
  }

  /**
   * Corrects what was taken by an estimate, of all rates of that name. What is more is owed, and paid by the refill; what is
   * less is there again. Called again it corrects the correction; after `giveBack` it does nothing.
   *
   * @throws TypeError for a cost that is no number from 0 to 1e12, or a rate that was not asked for
   */
  settle(limitName: string, cost: number): void | Promise<void> {
    checkAmount('cost', cost);
    if (!this.demands.some(({ limit }) => limit.kind === 'rate' && limit.name === limitName)) {
      throw new TypeError(`limitName must be that of a rate that was asked for, not ${JSON.stringify(limitName)}`);
    }
    if (this.#isGivenBack) return;
    const corrections = this.#corrections((demand) => (demand.limit.name === limitName ? cost : undefined));
    if (corrections.length > 0) return this.#keeper.correct(corrections);
  }

  /** As if it had never been asked: rates are given back too. May be called again. */
  giveBack(): void | Promise<void> {
    if (this.#isGivenBack) return;
    this.#isGivenBack = true;
    const corrections = this.#corrections(() => 0);
    const corrected = corrections.length > 0 ? this.#keeper.correct(corrections) : undefined;
    const released = this.release();
    if (corrected !== undefined || released !== undefined) return Promise.all([corrected, released]).then(() => {});
  }

  /** Gives the slots back: all of them, or those of the limit of that name. May be called again. */
  release(limitName?: string): void | Promise<void> {
    const holds = limitName === undefined ? this.holds : this.holds.filter(({ limit }) => limit.name === limitName);
    if (holds.length > 0) return this.#keeper.release(this, holds);
  }

  /** Gives the slots back: `await using grant = await limiter.acquire(…)`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }

  /** The same for `using`, which does not wait for a store that takes its time. */
  [Symbol.dispose](): void {
    void this.release();
  }

  /** From what each rate cost so far to what it is to cost. */
  #corrections(costOf: (demand: Demand) => number | undefined): Correction[] {
    const costs = (this.#costs ??= this.demands.map(({ cost = 1 }) => cost));
    const corrections: Correction[] = [];
    for (const [index, demand] of this.demands.entries()) {
      const { limit, subject } = demand;
      const cost = limit.kind === 'rate' ? costOf(demand) : undefined;
      if (cost === undefined || cost === costs[index] || limit.kind !== 'rate') continue;
      corrections.push({ limit, subject, by: cost - costs[index]! });
      costs[index] = cost;
    }
    return corrections;
  }
}
