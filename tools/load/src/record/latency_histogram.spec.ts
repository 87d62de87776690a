import { describe, expect, it } from '@jest/globals';
import { LatencyHistogram } from './latency-histogram.ts';

function histogramOf(values: Iterable<number>): LatencyHistogram {
  const histogram = new LatencyHistogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

describe('a latency histogram', () => {
  it('knows every percentile of what it was given within 1 % or about a microsecond, over six decades', () => {
    const values = Array.from({ length: 60_000 }, (_, index) => 0.01 * 10 ** (index / 10_000));
    const histogram = histogramOf(values.toReversed());
    for (const share of [0.001, 0.1, 0.5, 0.9, 0.95, 0.99, 0.999, 1]) {
      const exact = values[Math.ceil(values.length * share) - 1]!;
      expect(Math.abs(histogram.percentileMs(share) - exact)).toBeLessThan(Math.max(0.001_5, exact * 0.01));
    }
    expect(histogram.count).toBe(60_000);
  });

  it('knows the largest exactly, and no percentile goes beyond it', () => {
    const histogram = histogramOf([1.234_567, 999.123]);
    expect(histogram.maxMs).toBe(999.123);
    expect(histogram.percentileMs(1)).toBe(999.123);
    expect(histogram.meanMs).toBeCloseTo(500.178_78, 4);
  });

  it('has no percentile of nothing, and is as new after a reset', () => {
    const histogram = histogramOf([5]);
    histogram.reset();
    expect([histogram.count, histogram.percentileMs(0.5), histogram.maxMs, histogram.meanMs]).toEqual([
      ...[0, Number.NaN, Number.NaN, Number.NaN],
    ]);
    expect(histogram.bars(10)).toEqual([]);
  });

  it('takes zero, and what is longer than it can count', () => {
    const histogram = histogramOf([0, 10_000_000]);
    expect(histogram.percentileMs(0.5)).toBeLessThanOrEqual(0.001);
    expect(histogram.percentileMs(1)).toBeGreaterThan(4_200_000);
  });

  it('gives bars that hold every value, side by side', () => {
    const histogram = histogramOf([...new Array<number>(50).fill(1), ...new Array<number>(30).fill(20), 900]);
    const bars = histogram.bars(12);
    expect(bars).toHaveLength(12);
    expect(bars.reduce((sum, { count }) => sum + count, 0)).toBe(81);
    for (const [index, bar] of bars.slice(1).entries()) expect(bar.fromMs).toBe(bars[index]!.toMs);
    expect(bars[0]).toMatchObject({ count: 50 });
    expect(bars.at(-1)).toMatchObject({ count: 1 });
  });
});
