import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { costNanos } from './cost.ts';

const tokens = fc.maxSafeNat();
const price = fc.bigInt({ min: 0n, max: 10n ** 15n });
const component = fc.record({ tokens, nanosPerMillion: price });

describe('costNanos', () => {
  it('prices a request to the nano-dollar', () => {
    // 1 000 × USD 0.15, 200 cached × USD 0.075 and 37 × USD 0.60 per million
    expect(
      costNanos([
        { tokens: 1_000, nanosPerMillion: 150_000_000n },
        { tokens: 200, nanosPerMillion: 75_000_000n },
        { tokens: 37, nanosPerMillion: 600_000_000n },
      ]),
    ).toBe(187_200n);
  });

  it('costs nothing without tokens, without a price, and without components', () => {
    expect(costNanos([])).toBe(0n);
    expect(costNanos([{ tokens: 0, nanosPerMillion: 150_000_000n }])).toBe(0n);
    expect(costNanos([{ tokens: 5, nanosPerMillion: 0n }])).toBe(0n);
  });

  it('rounds up once, on the total', () => {
    const third = { tokens: 1, nanosPerMillion: 333_333n };
    expect(costNanos([third])).toBe(1n);
    expect(costNanos([third, third, third])).toBe(1n);
    expect(costNanos([third, third, third, { tokens: 2, nanosPerMillion: 1n }])).toBe(2n);
  });

  it.each([-1, 0.5, NaN, Infinity, 2 ** 53, '5', null, undefined])('refuses %p tokens', (bad) => {
    expect(() => costNanos([{ tokens: bad as number, nanosPerMillion: 1n }])).toThrow(RangeError);
  });

  it('refuses a negative price', () => {
    expect(() => costNanos([{ tokens: 1, nanosPerMillion: -1n }])).toThrow('A price must not be negative');
  });

  it('is the exact quotient, rounded up by less than a nano-dollar', () => {
    fc.assert(
      fc.property(fc.array(component, { maxLength: 6 }), (components) => {
        const exact = components.reduce((sum, part) => sum + BigInt(part.tokens) * part.nanosPerMillion, 0n);
        const excess = costNanos(components) * 1_000_000n - exact;
        return excess >= 0n && excess < 1_000_000n;
      }),
    );
  });

  it('never falls when tokens or prices rise', () => {
    fc.assert(
      fc.property(
        fc.array(component, { minLength: 1, maxLength: 4 }),
        fc.nat(1e6),
        price,
        (components, more, dearer) => {
          const [first, ...others] = components as [(typeof components)[0], ...typeof components];
          const raised = {
            tokens: Math.min(first.tokens + more, Number.MAX_SAFE_INTEGER),
            nanosPerMillion: first.nanosPerMillion + dearer,
          };
          return costNanos([raised, ...others]) >= costNanos(components);
        },
      ),
    );
  });

  it('does not get cheaper when a bill is split, and dearer by less than a nano-dollar for each further part', () => {
    fc.assert(
      fc.property(fc.array(component, { minLength: 1, maxLength: 6 }), (components) => {
        const whole = costNanos(components);
        const split = components.reduce((sum, part) => sum + costNanos([part]), 0n);
        return split >= whole && split <= whole + BigInt(components.length - 1);
      }),
    );
  });

  it('does not depend on the order', () => {
    fc.assert(
      fc.property(fc.array(component, { maxLength: 6 }), (components) => {
        return costNanos(components) === costNanos(components.toReversed());
      }),
    );
  });
});
