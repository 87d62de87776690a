import type { BreakerStatistics } from './circuit-breaker.ts';
import type { BulkheadStatistics } from './bulkhead.ts';
import { BreakerOpen, BulkheadFull, DeadlineExceeded } from './errors.ts';
import type { RetryBudgetStatistics } from './retry-budget.ts';

/**
 * How a call, or an attempt, failed: `attempt-timeout` and `deadline` by a time limit; `breaker-open` and `bulkhead-full`
 * without having been made; `cancelled` by its caller; `error` by what the dependency said.
 */
export type FailureKind = 'error' | 'attempt-timeout' | 'deadline' | 'breaker-open' | 'bulkhead-full' | 'cancelled';

/** A dependency since it was declared. Calls that are neither successes nor failures are under way. */
export interface DependencyStatistics {
  readonly name: string;
  readonly calls: number;
  readonly successes: number;
  /** Calls that failed in the end, by what failed them; those that the fallback answered among them. */
  readonly failures: Readonly<Record<FailureKind, number>>;
  /** Times that the dependency was asked. */
  readonly attempts: number;
  /** Attempts that failed, by what failed them. */
  readonly attemptFailures: Readonly<Record<FailureKind, number>>;
  readonly retries: number;
  /** Retries that there was no budget for. */
  readonly retriesRefused: number;
  /** Calls that the fallback answered. */
  readonly fallbacks: number;
  /** Null for policies that are not declared. */
  readonly budget: RetryBudgetStatistics | null;
  readonly breaker: BreakerStatistics | null;
  readonly bulkhead: BulkheadStatistics | null;
}

/** What a dependency counts. */
export class DependencyCounts {
  calls = 0;
  successes = 0;
  attempts = 0;
  fallbacks = 0;
  readonly failures = none();
  readonly attemptFailures = none();
}

/** @param cancelled whether the caller's signal has aborted */
export function failureKind(error: unknown, dependency: string, cancelled: boolean): FailureKind {
  if (cancelled) return 'cancelled';
  // Another dependency that this one needs is its own affair.
  if ((error as { readonly dependency?: unknown } | null | undefined)?.dependency !== dependency) return 'error';
  if (error instanceof BreakerOpen) return 'breaker-open';
  if (error instanceof BulkheadFull) return 'bulkhead-full';
  if (error instanceof DeadlineExceeded) return error.limit === 'attempt' ? 'attempt-timeout' : 'deadline';
  return 'error';
}

function none(): Record<FailureKind, number> {
  return { error: 0, 'attempt-timeout': 0, deadline: 0, 'breaker-open': 0, 'bulkhead-full': 0, cancelled: 0 };
}
