import { Bulkhead } from './bulkhead.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import { systemClock, type Clock } from './clock.ts';
import { Deadline, neverAborted } from './deadline.ts';
import { checkDependency, type DependencyOptions } from './dependency-options.ts';
import { DependencyCounts, failureKind, type DependencyStatistics, type FailureKind } from './dependency-statistics.ts';
import { DeadlineExceeded } from './errors.ts';
import type { Permit } from './permit.ts';
import { Retry, retryable } from './retry.ts';
import { orAborted } from './wait.ts';

/** What the work of one attempt is given. */
export interface Attempt {
  /** Aborts when the attempt's time is over, or the call's, or the caller's signal aborts. The work has to heed it. */
  readonly signal: AbortSignal;
  /** From 1. */
  readonly attempt: number;
  /** The attempt's, to be handed on to whatever the work asks in turn; undefined where no time limit is declared or given. */
  readonly deadline: Deadline | undefined;
}

/** What bounds one call beside what is declared. */
export interface CallOptions<T = unknown> {
  /** The caller's: when it aborts, the call rejects with its reason. */
  readonly signal?: AbortSignal;
  /** The caller's: the call ends with it where it is sooner than the declared one. */
  readonly deadline?: Deadline;
  /** Whether the call may be tried again; false for what must not have its effect twice. Default true. */
  readonly mayRetry?: boolean;
  /** Takes the place of the declared one. */
  readonly fallback?: (error: unknown) => T | Promise<T>;
}

/** Of the time that is declared: a part of it goes to what comes before an attempt. */
const FAIR_SHARE = 0.9;

/** What bounds all attempts of a call. */
interface Bounds {
  readonly mayRetry: boolean;
  readonly signal: AbortSignal | undefined;
  readonly deadline: Deadline | undefined;
  /** How the latest attempt failed, other than by the deadline of them all. */
  failure?: unknown;
}

/**
 * One declaration of all that protects from a dependency, shared by all who call it. The layers, from the outside in:
 *
 * fallback > total deadline > retry > bulkhead > breaker > attempt timeout > call
 *
 * So a retry waits without a place in the bulkhead, the wait for a place counts against the total deadline and not against the
 * breaker, and each attempt counts for the breaker. Nothing is tried again because the breaker is open or the bulkhead full,
 * nor while the breaker is open.
 *
 * A call ends in time whether or not its work heeds its signal; work that does not goes on, outside the bulkhead. What the
 * fallback takes comes on top.
 */
export class Dependency {
  readonly name: string;
  /** For hot paths that do without promises; undefined where it is not declared. */
  readonly breaker: CircuitBreaker | undefined;
  readonly #options: DependencyOptions;
  readonly #clock: Clock;
  readonly #retry: Retry | undefined;
  readonly #bulkhead: Bulkhead | undefined;
  readonly #counts = new DependencyCounts();
  /** An attempt that a deadline ended earlier than this says nothing of the dependency. */
  readonly #fairMs: number;

  /** @throws TypeError naming the field that is out of its bounds */
  constructor(options: DependencyOptions) {
    this.#options = checkDependency(options);
    const { name, clock = systemClock, random = Math.random, retry, breaker, bulkhead } = options;
    this.name = name;
    this.#clock = clock;
    const declaredMs = options.attemptTimeoutMs ?? options.deadlineMs ?? Infinity;
    this.#fairMs = FAIR_SHARE * Math.min(declaredMs, breaker?.slowCallMs ?? Infinity);
    this.breaker = breaker && new CircuitBreaker({ ...breaker, name, clock, random });
    this.#bulkhead = bulkhead && new Bulkhead({ ...bulkhead, name, clock });
    this.#retry = retry && new Retry({ ...retry, clock, random, retryIf: (error) => this.#mayRetry(error) });
  }

  /**
   * @param work asks the dependency once; called again for each attempt
   * @throws DeadlineExceeded, BreakerOpen, BulkheadFull, the reason of the caller's signal, or the work's own error
   */
  async run<T>(work: (attempt: Attempt) => Promise<T>, call: CallOptions<T> = {}): Promise<T> {
    this.#counts.calls += 1;
    const { signal, mayRetry = true } = call;
    const deadline = this.#deadlineOf(call);
    const bounds: Bounds = { mayRetry, signal, deadline };
    try {
      const result = await this.#withRetries(work, bounds);
      this.#counts.successes += 1;
      return result;
    } catch (error) {
      const cancelled = signal?.aborted === true;
      if (error instanceof DeadlineExceeded && error !== bounds.failure) error.cause ??= bounds.failure;
      this.#counts.failures[failureKind(error, this.name, cancelled)] += 1;
      const fallback = call.fallback ?? this.#options.fallback;
      if (cancelled || !fallback) throw error;
      this.#counts.fallbacks += 1;
      return (await fallback(error)) as T;
    } finally {
      deadline?.close();
    }
  }

  statistics(): DependencyStatistics {
    const { calls, successes, failures, attempts, attemptFailures, fallbacks } = this.#counts;
    const retry = this.#retry?.statistics();
    return {
      name: this.name,
      ...{ calls, successes, failures: { ...failures }, attempts, attemptFailures: { ...attemptFailures } },
      retries: retry?.retries ?? 0,
      retriesRefused: retry?.refused ?? 0,
      fallbacks,
      budget: this.#retry?.budget.statistics() ?? null,
      breaker: this.breaker?.statistics() ?? null,
      bulkhead: this.#bulkhead?.statistics() ?? null,
    };
  }

  #deadlineOf({ signal, deadline }: CallOptions): Deadline | undefined {
    const { name: dependency, deadlineMs } = this.#options;
    if (deadline) return deadline.child(deadlineMs, { signal, dependency });
    return deadlineMs === undefined
      ? undefined
      : Deadline.after(deadlineMs, { signal, dependency, clock: this.#clock });
  }

  #withRetries<T>(work: (attempt: Attempt) => Promise<T>, bounds: Bounds): Promise<T> {
    if (!this.#retry || !bounds.mayRetry) return this.#inBulkhead(work, 1, bounds);
    return this.#retry.run((attempt) => this.#inBulkhead(work, attempt, bounds), bounds);
  }

  #inBulkhead<T>(work: (attempt: Attempt) => Promise<T>, attempt: number, bounds: Bounds): Promise<T> {
    if (!this.#bulkhead) return this.#attempt(work, attempt, bounds);
    const signal = bounds.deadline?.signal ?? bounds.signal ?? neverAborted;
    return this.#bulkhead.execute(() => this.#attempt(work, attempt, bounds), signal);
  }

  async #attempt<T>(work: (attempt: Attempt) => Promise<T>, attempt: number, bounds: Bounds): Promise<T> {
    bounds.signal?.throwIfAborted();
    bounds.deadline?.throwIfOver();
    const permit = this.breaker?.tryEnter();
    if (this.breaker && !permit) throw this.breaker.refusal();
    this.#counts.attempts += 1;
    const beganAt = this.#clock.now();
    const deadline = this.#attemptDeadline(bounds);
    const signal = deadline?.signal ?? bounds.signal;
    try {
      const asked = work({ signal: signal ?? neverAborted, attempt, deadline });
      const result = await (signal ? orAborted(asked, signal) : asked);
      permit?.succeed(this.#clock.now() - beganAt);
      return result;
    } catch (error) {
      const kind = failureKind(error, this.name, bounds.signal?.aborted === true);
      this.#counts.attemptFailures[kind] += 1;
      if (kind !== 'deadline') bounds.failure = error;
      if (permit) this.#settle(permit, error, kind, this.#clock.now() - beganAt);
      throw error;
    } finally {
      // Where it says nothing, or `isFailure` throws.
      permit?.ignore();
      if (deadline !== bounds.deadline) deadline?.close();
    }
  }

  #attemptDeadline({ signal, deadline }: Bounds): Deadline | undefined {
    const { name: dependency, attemptTimeoutMs } = this.#options;
    if (attemptTimeoutMs === undefined) return deadline;
    const options = { signal, dependency, limit: 'attempt' } as const;
    return deadline
      ? deadline.child(attemptTimeoutMs, options)
      : Deadline.after(attemptTimeoutMs, { ...options, clock: this.#clock });
  }

  #settle(permit: Permit, error: unknown, kind: FailureKind, durationMs: number): void {
    const { isFailure } = this.#options.breaker!;
    // That a caller had hardly any time left says nothing of the dependency.
    if (kind === 'cancelled' || (kind === 'deadline' && durationMs < this.#fairMs)) return permit.ignore();
    const failed = isFailure ? isFailure(error) : true;
    if (failed) permit.fail();
    else if (failed === false) permit.succeed(durationMs);
  }

  #mayRetry(error: unknown): boolean {
    const kind = failureKind(error, this.name, false);
    if (kind === 'breaker-open' || kind === 'bulkhead-full' || kind === 'deadline') return false;
    if (this.breaker && this.breaker.retryAfterMs > 0) return false;
    return (this.#options.retry?.retryIf ?? retryable)(error);
  }
}

/**
 * Declares a dependency: `dependency({ name: 'github', deadlineMs: 10_000, retry: {}, breaker: {} })`.
 *
 * @throws TypeError naming the field that is out of its bounds
 */
export function dependency(options: DependencyOptions): Dependency {
  return new Dependency(options);
}
