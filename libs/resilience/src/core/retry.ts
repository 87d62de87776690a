import { fullJitter, type Backoff, type BackoffOptions } from './backoff.ts';
import { duration, object, onlyFields, optionalFunction, whole } from './check.ts';
import { systemClock, type Clock, type Random } from './clock.ts';
import { neverAborted, type Deadline } from './deadline.ts';
import { RetryBudget, type RetryBudgetOptions } from './retry-budget.ts';
import { wait } from './wait.ts';

/** How often and when a call is made again. Only for calls that may have their effect twice. */
export interface RetryOptions extends BackoffOptions {
  /** Attempts in all, the first included: from 1 to 100. Default 3. */
  readonly attempts?: number;
  /** The longest `Retry-After` that is waited for; what asks for more is not tried again. Default 30 000. */
  readonly maxRetryAfterMs?: number;
  /** One for all callers of the dependency, or the options of one of its own. Default: that of {@link RetryBudgetOptions}. */
  readonly budget?: RetryBudget | RetryBudgetOptions;
  /** Whether a retry may help. Default: the error's own `retryable`, and yes where it has none. */
  readonly retryIf?: (error: unknown) => boolean;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** What bounds one call. */
export interface RetryBounds {
  readonly deadline?: Deadline;
  readonly signal?: AbortSignal;
}

/** A policy since it was made. */
export interface RetryStatistics {
  readonly retries: number;
  /** Retries that there was no budget for. */
  readonly refused: number;
}

const FIELDS = [
  ...['baseMs', 'maxMs', 'growth', 'attempts', 'maxRetryAfterMs', 'budget', 'retryIf', 'clock', 'random'],
];

/**
 * Makes a call again where that may help: after a wait of full jitter, on top of the error's `retryAfterMs` where it has one,
 * so that those who were told the same time do not come back together; within the budget that all callers of the dependency share; and never where the wait would outlast the deadline.
 */
export class Retry {
  readonly #attempts: number;
  readonly #maxRetryAfterMs: number;
  readonly #retryIf: (error: unknown) => boolean;
  readonly #backoff: Backoff;
  readonly #clock: Clock;
  readonly budget: RetryBudget;
  #retries = 0;
  #refused = 0;

  /** @throws TypeError naming the option that is out of its bounds, with `field` before it */
  constructor(options: RetryOptions = {}, field = 'retry') {
    onlyFields(field, options, FIELDS);
    const { budget = {} } = options;
    this.#clock = options.clock ?? systemClock;
    this.#attempts = whole(`${field}.attempts`, options.attempts ?? 3, 1, 100);
    this.#maxRetryAfterMs = duration(`${field}.maxRetryAfterMs`, options.maxRetryAfterMs ?? 30_000);
    this.#retryIf = optionalFunction(`${field}.retryIf`, options.retryIf) ?? retryable;
    this.#backoff = fullJitter(options, options.random, field);
    this.budget =
      budget instanceof RetryBudget
        ? budget
        : new RetryBudget({ clock: this.#clock, ...object(`${field}.budget`, budget) }, `${field}.budget`);
  }

  /** @param work is given the number of the attempt, from 1 @throws the latest attempt's error, or the signal's reason */
  async run<T>(work: (attempt: number) => Promise<T>, bounds: RetryBounds = {}): Promise<T> {
    this.budget.recordCall();
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await work(attempt);
      } catch (error) {
        const waitMs = this.#waitMs(error, attempt, bounds);
        if (waitMs === undefined) throw error;
        await wait(waitMs, bounds.deadline?.signal ?? bounds.signal ?? neverAborted, this.#clock);
        this.#retries += 1;
      }
    }
  }

  statistics(): RetryStatistics {
    return { retries: this.#retries, refused: this.#refused };
  }

  /** How long to wait before the next attempt; undefined where there is none. */
  #waitMs(error: unknown, attempt: number, { deadline, signal }: RetryBounds): number | undefined {
    if (attempt >= this.#attempts || signal?.aborted || !this.#retryIf(error)) return undefined;
    const retryAfterMs = retryAfterOf(error);
    if (retryAfterMs > this.#maxRetryAfterMs) return undefined;
    const waitMs = retryAfterMs + this.#backoff(attempt);
    if (deadline && waitMs >= deadline.remainingMs()) return undefined;
    if (this.budget.tryRetry()) return waitMs;
    this.#refused += 1;
    return undefined;
  }
}

/** What an error says of itself, and yes where it says nothing. */
export function retryable(error: unknown): boolean {
  return (error as { readonly retryable?: unknown } | null | undefined)?.retryable !== false;
}

/** What the error asks for; 0 where it asks for nothing. */
function retryAfterOf(error: unknown): number {
  const asked = (error as { readonly retryAfterMs?: unknown } | null | undefined)?.retryAfterMs;
  return typeof asked === 'number' && asked > 0 ? asked : 0;
}
