import { onlyFields, rate, within } from './check.ts';
import { systemClock, type Clock } from './clock.ts';
import { SlidingWindow } from './sliding-window.ts';

export interface RetryBudgetOptions {
  /** How many retries there may be for each call of late: above 0, at most 1. Default 0.1. */
  readonly ratio?: number;
  /** How many a second there may be besides, so that who calls rarely may retry too: 0 to 1 000. Default 1. */
  readonly minPerSecond?: number;
  readonly clock?: Clock;
}

/** A budget since it was made. */
export interface RetryBudgetStatistics {
  readonly calls: number;
  readonly retries: number;
  /** Retries that it did not allow. */
  readonly refused: number;
  /** How many it would allow now. */
  readonly balance: number;
}

const WINDOW_MS = 10_000;
const CALLS = 0;
const RETRIES = 1;

/**
 * How many retries a dependency is given by all its callers together, so that retries can't make an outage of theirs worse: of
 * the calls in the latest 10 s (to 1 s more) at most `ratio`, and `minPerSecond` × 10 besides. In any span of time from the
 * start: at most `ratio` × calls + `minPerSecond` × 10 for each 10 s begun.
 *
 * A token bucket that calls fill and retries empty, whose tokens go stale: Finagle's `RetryBudget`; the reason is in chapter 21
 * of Google's "Site Reliability Engineering" ("per-client retry budget").
 */
export class RetryBudget {
  readonly #ratio: number;
  readonly #reserve: number;
  readonly #clock: Clock;
  readonly #window = new SlidingWindow(WINDOW_MS, 2);
  #calls = 0;
  #retries = 0;
  #refused = 0;

  /** @throws TypeError naming the option that is out of its bounds */
  constructor(options: RetryBudgetOptions = {}, field = 'budget') {
    onlyFields(field, options, ['ratio', 'minPerSecond', 'clock']);
    this.#ratio = rate(`${field}.ratio`, options.ratio ?? 0.1);
    this.#reserve = within(`${field}.minPerSecond`, options.minPerSecond ?? 1, 0, 1_000) * (WINDOW_MS / 1_000);
    this.#clock = options.clock ?? systemClock;
  }

  /** A call is made, for the first time. */
  recordCall(): void {
    this.#calls += 1;
    this.#window.moveTo(this.#clock.now());
    this.#window.add(CALLS);
  }

  /** Takes one retry, if there is one. */
  tryRetry(): boolean {
    if (this.#balance() < 1) {
      this.#refused += 1;
      return false;
    }
    this.#retries += 1;
    this.#window.add(RETRIES);
    return true;
  }

  statistics(): RetryBudgetStatistics {
    const balance = Math.max(0, Math.floor(this.#balance()));
    return { calls: this.#calls, retries: this.#retries, refused: this.#refused, balance };
  }

  #balance(): number {
    this.#window.moveTo(this.#clock.now());
    return this.#ratio * this.#window.total(CALLS) + this.#reserve - this.#window.total(RETRIES);
  }
}
