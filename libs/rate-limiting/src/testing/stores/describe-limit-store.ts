import { expect } from 'expect';
import { rateLimit } from '../../core/limit.ts';
import { HOUR_MS, useStore, type LimitStoreHarness, type StoreUnderTest } from './harness.ts';
import { describeRates } from './rates.ts';
import { describe, it, useRunner, type TestRunner } from './runner.ts';
import { describeSlots } from './slots.ts';

export interface LimitStoreTraits {
  /**
   * What the tests are declared to. Default: whatever has `describe`, `it` and `beforeEach` among the globals (jest, vitest
   * with `globals`), else `node:test`.
   */
  readonly runner?: TestRunner;
}

/**
 * Declares the tests that every `LimitStore` passes. `open` is called before each.
 *
 * ```ts
 * describeLimitStore('redis', async () => ({ store: redisStore({ redis, prefix: newPrefix() }) }));
 * ```
 */
export function describeLimitStore(
  name: string,
  open: () => Promise<LimitStoreHarness>,
  traits: LimitStoreTraits = {},
): void {
  useRunner(traits.runner);
  describe(`${name} limit store`, () => {
    const test = useStore(open);
    describeRates(test);
    describeSlots(test);
    describeConcurrency(test);
  });
}

function describeConcurrency(test: StoreUnderTest): void {
  describe('calls at the same time', () => {
    it('take no more than there is', async () => {
      const limit = rateLimit('at-once', { amount: 50, perMs: 50 * HOUR_MS });
      const calls = Array.from({ length: 200 }, () => test.take([{ limit, subject: 'a' }]));
      const decisions = await Promise.all(calls);
      expect(decisions.filter(({ allowed }) => allowed)).toHaveLength(50);
      expect(await test.remaining(limit, 'a')).toBe(0);
    });

    it('may close the store twice', async () => {
      await test.store.close();
      await test.store.close();
    });
  });
}
