import { PoolOptionError } from './errors.ts';
import type { AcquireLimit } from './pool.ts';
import { checkMs, LONGEST_TIMER_MS } from './pool-options.ts';

/**
 * How long a caller waits, and what else ends its wait. A moment that has passed is a wait of 0.
 *
 * @throws PoolOptionError
 */
export function waitOf(
  limit: AcquireLimit,
  defaultMs: number,
): { readonly timeoutMs: number; readonly signal: AbortSignal | undefined } {
  if (!(limit instanceof Date)) {
    const { timeoutMs = defaultMs, signal } = limit;
    checkMs('timeoutMs', timeoutMs, 0);
    return { timeoutMs, signal };
  }
  const timeoutMs = limit.getTime() - Date.now();
  if (Number.isNaN(timeoutMs)) throw new PoolOptionError('deadline', 'must be a valid date');
  return { timeoutMs: Math.min(Math.max(0, timeoutMs), LONGEST_TIMER_MS), signal: undefined };
}
