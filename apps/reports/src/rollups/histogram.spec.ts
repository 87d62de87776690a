import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { distributionOf, quantile, RELATIVE_ERROR, type Histogram } from './histogram.ts';

const gamma = 1.02 / 0.98;

/** As the database counts: the bucket `i` holds what is above `gamma^(i-1)` and at most `gamma^i`. */
function histogramOf(values: readonly number[]): Histogram {
  const buckets = values.map((value) => Math.ceil(Math.log(value) / Math.log(gamma)));
  const first = Math.min(...buckets);
  const counts = Array.from({ length: Math.max(...buckets) - first + 1 }, (_, n) => {
    return buckets.filter((bucket) => bucket === first + n).length;
  });
  return { first, counts };
}

const latency = fc.double({ min: 0.01, max: 86_400_000, noNaN: true });
const latencies = fc.array(latency, { minLength: 1, maxLength: 60 });

describe('quantile', () => {
  it('is within the stated error of the latency at the rank', () => {
    fc.assert(
      fc.property(latencies, fc.constantFrom(0, 0.5, 0.9, 0.95, 0.99, 1), (values, q) => {
        const exact = values.toSorted((a, b) => a - b)[
          Math.max(0, Math.ceil(Number((q * values.length).toFixed(6))) - 1)
        ]!;
        const estimate = quantile(histogramOf(values), q)!;
        expect(Math.abs(estimate - exact)).toBeLessThanOrEqual(exact * RELATIVE_ERROR * (1 + 1e-9));
      }),
    );
  });

  it.each([
    [[5, 0, 0, 1], 0.5, 10],
    [[5, 0, 0, 1], 0.8, 10],
    [[5, 0, 0, 1], 0.84, 13],
    [[5, 0, 0, 1], 1, 13],
    [[1, 9], 0, 10],
    [[0, 1], 0, 11],
  ])('passes over what is empty: %j at %d', (counts, q, bucket) => {
    expect(quantile({ first: 10, counts }, q)).toBeCloseTo(gamma ** bucket * 0.98, 9);
  });

  it('is the slowest of a few where more than all others are asked for', () => {
    const six = [10, 11, 12, 13, 14, 68];
    const told = (q: number) => Math.round(quantile(histogramOf(six), q)!);
    expect([0.5, 0.83, 0.9, 0.95, 0.99, 1].map(told)).toEqual([12, 14, 68, 68, 68, 68]);
  });

  it('is at a rank that is a whole number exactly there', () => {
    const hundred = Array.from({ length: 100 }, (_, n) => 1.1 ** n);
    for (const [q, rank] of [
      [0.95, 95],
      [0.9, 90],
      [0.07, 7],
      [0.29, 29],
    ] as const) {
      const exact = hundred[rank - 1]!;
      expect(Math.abs(quantile(histogramOf(hundred), q)! / exact - 1)).toBeLessThanOrEqual(RELATIVE_ERROR * (1 + 1e-9));
    }
  });

  it('is none of nothing', () => {
    expect(quantile({ first: 0, counts: [] }, 0.5)).toBeNull();
    expect(quantile({ first: 7, counts: [0, 0] }, 0.5)).toBeNull();
  });
});

describe('a distribution', () => {
  it('has the exact mean, and percentiles in order', () => {
    fc.assert(
      fc.property(latencies, (values) => {
        const totalUs = values.reduce((sum, value) => sum + Math.round(value * 1_000), 0);
        const { count, mean, p50, p90, p95, p99 } = distributionOf(histogramOf(values), values.length, totalUs);
        expect(count).toBe(values.length);
        expect(mean! / (totalUs / 1_000 / values.length)).toBeCloseTo(1, 5);
        expect([p50!, p90!, p95!, p99!]).toEqual([p50!, p90!, p95!, p99!].toSorted((a, b) => a - b));
      }),
    );
  });

  it('of nothing says so', () => {
    const nothing = { mean: null, p50: null, p90: null, p95: null, p99: null };
    expect(distributionOf({ first: 0, counts: [] }, 0, 0)).toEqual({ count: 0, ...nothing });
  });
});
