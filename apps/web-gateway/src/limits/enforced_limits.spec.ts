import { expect, it } from '@jest/globals';
import { target } from '../data-plane/testing/test-gateway.ts';
import { EnforcedLimits } from './enforced-limits.ts';
import { requestLimits, unlimited } from './request-limits.ts';

const limits = requestLimits(
  { id: 'key-1', limits: { requestsPerMinute: 60, tokensPerMinute: 1, concurrency: 3 } },
  [],
);
const { provider } = target('http://127.0.0.1:9', { concurrency: 50, limits: { requestsPerMinute: 90 } });

it('are as configured for a gateway that is alone', () => {
  const enforced = new EnforcedLimits();
  expect(enforced.ofCaller(limits)).toBe(limits);
  expect(enforced.ofProvider(provider)).toMatchObject({
    requests: { limit: { amount: 90 } },
    slots: { limit: { slots: 50 } },
  });
});

it('are a share for each of several, one at a time at the least, and follow the number of gateways', () => {
  const enforced = new EnforcedLimits();
  enforced.share = 1 / 4;
  expect(enforced.ofCaller(limits)).toMatchObject({
    requests: [{ limit: { capacity: 15, amount: 15 }, subject: 'key-1' }],
    tokens: [{ limit: { capacity: 1, amount: 0.25 } }],
    slots: [{ limit: { slots: 1 } }],
  });
  expect(enforced.ofProvider(provider)).toMatchObject({
    requests: { limit: { amount: 22.5 } },
    slots: { limit: { slots: 12 } },
    always: [{ limit: { amount: 22.5 } }, { limit: { slots: 12 } }],
  });
  expect(enforced.ofAddress('203.0.113.7', 100)).toMatchObject({ limit: { amount: 25 }, subject: '203.0.113.7' });
  enforced.share = 1 / 2;
  expect(enforced.ofCaller(limits).requests[0]!.limit.amount).toBe(30);
  expect(enforced.ofAddress('203.0.113.7', 100).limit.amount).toBe(50);
});

it('are worked out once for each object of the configuration', () => {
  const enforced = new EnforcedLimits();
  enforced.share = 1 / 2;
  expect(enforced.ofCaller(limits)).toBe(enforced.ofCaller(limits));
  expect(enforced.ofProvider(provider)).toBe(enforced.ofProvider(provider));
  expect(enforced.ofCaller(unlimited)).toBe(unlimited);
});

it('are remembered of the addresses that came last, for a refused one to be known again', () => {
  const enforced = new EnforcedLimits();
  const first = enforced.ofAddress('first', 10);
  expect(enforced.ofAddress('first', 10)).toBe(first);
  for (let number = 0; number < 10_000; number++) enforced.ofAddress(`address ${number}`, 10);
  expect(enforced.ofAddress('first', 10)).not.toBe(first);
});
