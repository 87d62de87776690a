import type { BreakerOptions } from './breaker-options.ts';
import type { BulkheadOptions } from './bulkhead.ts';
import { duration, name, object, onlyFields, optionalFunction } from './check.ts';
import type { Clock, Random } from './clock.ts';
import type { RetryOptions } from './retry.ts';

/** What protects a dependency, and what is protected from it. A policy that is left out is not there, and costs nothing. */
export interface DependencyOptions {
  /** What errors, statistics and metrics call it. */
  readonly name: string;
  /** For a whole call, with all its attempts and waits. Default: the caller's own deadline alone. */
  readonly deadlineMs?: number;
  /** For each attempt, within the whole. Default: none of its own. */
  readonly attemptTimeoutMs?: number;
  readonly retry?: Omit<RetryOptions, 'clock' | 'random'>;
  readonly breaker?: Omit<BreakerOptions, 'name' | 'clock' | 'random'>;
  readonly bulkhead?: Omit<BulkheadOptions, 'name' | 'clock'>;
  /** What a call gives that failed for good, or an error of its own. Not asked where the caller's signal aborted. */
  readonly fallback?: (error: unknown) => unknown;
  readonly clock?: Clock;
  readonly random?: Random;
}

const FIELDS = [
  ...['name', 'deadlineMs', 'attemptTimeoutMs', 'retry', 'breaker', 'bulkhead', 'fallback', 'clock', 'random'],
];

/** What is the policies' to check is left to them. @throws TypeError naming the field */
export function checkDependency(options: DependencyOptions): DependencyOptions {
  onlyFields('dependency', options, FIELDS);
  name('name', options.name);
  if (options.deadlineMs !== undefined) duration('deadlineMs', options.deadlineMs);
  if (options.attemptTimeoutMs !== undefined) duration('attemptTimeoutMs', options.attemptTimeoutMs);
  optionalFunction('fallback', options.fallback);
  for (const policy of ['retry', 'breaker', 'bulkhead'] as const) {
    if (options[policy] !== undefined) object(policy, options[policy]);
  }
  optionalFunction('retry.retryIf', options.retry?.retryIf);
  const { deadlineMs = Infinity, attemptTimeoutMs = 0 } = options;
  if (attemptTimeoutMs <= deadlineMs) return options;
  throw new TypeError(`attemptTimeoutMs must be at most deadlineMs, ${deadlineMs}, not ${attemptTimeoutMs}`);
}
