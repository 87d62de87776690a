import { describe, expect, it } from '@jest/globals';
import { dependency } from './dependency.ts';
import type { DependencyOptions } from './dependency-options.ts';

const bad: readonly (readonly [message: string, options: unknown])[] = [
  ['dependency must be an object, not undefined', undefined],
  ['dependency.timeout is no option; there are name,', { timeout: 5 }],
  ['name must be text of 1 to 100 characters, not ""', { name: '' }],
  ['deadlineMs must be a number of milliseconds above 0 and at most 2147483647, not 0', { deadlineMs: 0 }],
  ['deadlineMs must be a number of milliseconds above 0 and at most 2147483647, not "5"', { deadlineMs: '5' }],
  ['attemptTimeoutMs must be a number of milliseconds', { attemptTimeoutMs: NaN }],
  ['attemptTimeoutMs must be at most deadlineMs, 10, not 11', { deadlineMs: 10, attemptTimeoutMs: 11 }],
  ['fallback must be a function, not an object', { fallback: {} }],
  ['retry must be an object, not true', { retry: true }],
  ['retry.attempts must be a whole number from 1 to 100, not 0', { retry: { attempts: 0 } }],
  ['retry.attempts must be a whole number from 1 to 100, not 1.5', { retry: { attempts: 1.5 } }],
  ['retry.times is no option', { retry: { times: 3 } }],
  ['retry.baseMs must be a number of milliseconds', { retry: { baseMs: -1 } }],
  ['retry.maxMs must be at least baseMs, 100, not 50', { retry: { maxMs: 50 } }],
  ['retry.growth must be a number from 1 to 10, not 0.5', { retry: { growth: 0.5 } }],
  ['retry.maxRetryAfterMs must be a number of milliseconds', { retry: { maxRetryAfterMs: Infinity } }],
  ['retry.retryIf must be a function', { retry: { retryIf: 'always' } }],
  ['retry.budget.ratio must be above 0 and at most 1, not 0', { retry: { budget: { ratio: 0 } } }],
  ['retry.budget.minPerSecond must be a number from 0 to 1000, not -1', { retry: { budget: { minPerSecond: -1 } } }],
  ['retry.budget must be an object, not 5', { retry: { budget: 5 } }],
  ['breaker.failureRate must be above 0 and at most 1, not 1.5', { breaker: { failureRate: 1.5 } }],
  ['breaker.slowCallRate needs slowCallMs', { breaker: { slowCallRate: 0.5 } }],
  ['breaker.minimumCalls must be a whole number of at least 1, not 0', { breaker: { minimumCalls: 0 } }],
  ['breaker.windowMs must be a number of milliseconds', { breaker: { windowMs: 2 ** 31 } }],
  ['breaker.maxOpenMs must be at least openMs, 500, not 100', { breaker: { openMs: 500, maxOpenMs: 100 } }],
  ['breaker.jitter must be a number from 0 to 0.9, not 1', { breaker: { jitter: 1 } }],
  ['breaker.probes must be a whole number from 1 to 1000, not 0', { breaker: { probes: 0 } }],
  ['breaker.isFailure must be a function', { breaker: { isFailure: 500 } }],
  ['bulkhead.maxConcurrent must be a whole number of at least 1, not undefined', { bulkhead: {} }],
  ['bulkhead.maxConcurrent must be a whole number', { bulkhead: { maxConcurrent: Infinity } }],
  [
    'bulkhead.maxQueued must be a whole number of at least 0, not -1',
    { bulkhead: { maxConcurrent: 1, maxQueued: -1 } },
  ],
  ['bulkhead.maxWaitMs must be a number of milliseconds', { bulkhead: { maxConcurrent: 1, maxWaitMs: 0 } }],
];

describe('a declaration', () => {
  it.each(bad)('is refused where "%s"', (message, options) => {
    const declare = () =>
      dependency(
        options === undefined ? (options as never) : ({ name: 'shop', ...(options as object) } as DependencyOptions),
      );
    expect(declare).toThrow(TypeError);
    expect(declare).toThrow(message);
  });
});
