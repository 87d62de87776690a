import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SimulatedTime } from '../testing/simulated-time.ts';
import { RetryBudget } from './retry-budget.ts';

const step = fc.oneof(
  fc.record({ do: fc.constant('call' as const), times: fc.integer({ min: 1, max: 200 }) }),
  fc.record({ do: fc.constant('retry' as const), times: fc.integer({ min: 1, max: 50 }) }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 12_000 }) }),
);

describe('a retry budget', () => {
  it('allows a share of the calls, and a few a second besides', () => {
    const time = new SimulatedTime();
    const budget = new RetryBudget({ ratio: 0.1, minPerSecond: 1, clock: time });
    const spend = () => {
      let retries = 0;
      while (budget.tryRetry()) retries += 1;
      return retries;
    };
    expect(spend()).toBe(10);
    for (let call = 0; call < 1_000; call += 1) budget.recordCall();
    expect(spend()).toBe(100);
    time.skip(20_000);
    expect(spend()).toBe(10);
    expect(budget.statistics()).toEqual({ calls: 1_000, retries: 120, refused: 3, balance: 0 });
  });

  it('allows none where nobody calls and nothing is set aside', () => {
    const budget = new RetryBudget({ minPerSecond: 0 });
    for (let call = 0; call < 9; call += 1) budget.recordCall();
    expect(budget.tryRetry()).toBe(false);
    budget.recordCall();
    expect(budget.tryRetry()).toBe(true);
    expect(budget.tryRetry()).toBe(false);
  });

  it('is not passed by any pattern of calls and retries, over any span of time from the start', () => {
    const ratios = fc.constantFrom(0.01, 0.1, 0.5, 1);
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), ratios, fc.integer({ min: 0, max: 5 }), (steps, ratio, least) => {
        const time = new SimulatedTime();
        const budget = new RetryBudget({ ratio, minPerSecond: least, clock: time });
        const began = time.now();
        let [calls, retries] = [0, 0];
        for (const next of steps) {
          if (next.do === 'wait') time.skip(next.ms);
          for (let count = 0; next.do === 'call' && count < next.times; count += 1) {
            budget.recordCall();
            calls += 1;
          }
          for (let count = 0; next.do === 'retry' && count < next.times; count += 1) {
            if (budget.tryRetry()) retries += 1;
          }
          const spans = Math.floor((time.now() - began) / 10_000) + 1;
          expect(retries).toBeLessThanOrEqual(ratio * calls + 10 * least * spans + 1e-6);
        }
        expect(budget.statistics()).toMatchObject({ calls, retries });
      }),
      { numRuns: 500 },
    );
  });
});
