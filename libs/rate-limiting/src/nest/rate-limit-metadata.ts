import { checkAmount } from '../core/check-calls.ts';
import { isLimit } from '../core/limit.ts';
import { checkedQueue } from '../core/options.ts';
import type { Demand } from '../core/store.ts';
import type { RateLimitOptions } from './module-options.ts';

/** Where the decorators leave what they say: on the method, or on the class. */
export const RATE_LIMIT = Symbol('@RateLimit');
export const SKIPPED = null;

/** What is said of a method, else of its class: undefined where nothing is, null where it is not to be limited. */
export function rateLimitOf(type: Function, method: Function): RateLimitOptions | typeof SKIPPED | undefined {
  const own = Reflect.getMetadata(RATE_LIMIT, method) as RateLimitOptions | null | undefined;
  return own === undefined ? (Reflect.getMetadata(RATE_LIMIT, type) as RateLimitOptions | null | undefined) : own;
}

/** @throws TypeError naming the option */
export function checkedRateLimit(options: RateLimitOptions): RateLimitOptions {
  const { limits, cost, weightOf } = options ?? {};
  const isList =
    Array.isArray(limits) && limits.every((each) => isLimit(each) || isLimit((each as Partial<Demand> | null)?.limit));
  if (typeof limits !== 'function' && !isList) {
    throw new TypeError('limits must be a list of limits made by rateLimit or slotLimit, or a function that gives one');
  }
  if (cost !== undefined && typeof cost !== 'function') checkAmount('cost', cost);
  if (weightOf !== undefined && typeof weightOf !== 'function') throw new TypeError('weightOf must be a function');
  checkedQueue(options);
  return Object.freeze({ ...options });
}
