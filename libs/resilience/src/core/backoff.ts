import { duration, within } from './check.ts';
import type { Random } from './clock.ts';

export interface BackoffOptions {
  /** The longest wait before the first retry. Default 100. */
  readonly baseMs?: number;
  /** The longest wait before any. Default 10 000. */
  readonly maxMs?: number;
  /** How much longer the longest wait gets with each retry: from 1 to 10. Default 2. */
  readonly growth?: number;
}

/**
 * How long to wait before a retry, counted from 1.
 *
 * Any time up to a bound that grows exponentially ("full jitter"): callers that failed together do not come back together.
 * See M. Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015.
 */
export type Backoff = (retry: number) => number;

/** @throws TypeError naming the option that is out of its bounds, with `field` before it */
export function fullJitter(options: BackoffOptions, random: Random = Math.random, field = 'backoff'): Backoff {
  const baseMs = duration(`${field}.baseMs`, options.baseMs ?? 100);
  const maxMs = duration(`${field}.maxMs`, options.maxMs ?? Math.max(10_000, baseMs));
  const growth = within(`${field}.growth`, options.growth ?? 2, 1, 10);
  if (maxMs < baseMs) throw new TypeError(`${field}.maxMs must be at least baseMs, ${baseMs}, not ${maxMs}`);
  return (retry) => random() * Math.min(maxMs, baseMs * growth ** (retry - 1));
}
