import type { LatencyDistribution } from '@purser/contracts';

/** How far a percentile is from the latency that it stands for at most, as a part of it. */
export const RELATIVE_ERROR = 0.02;

/** The ratio of one bucket's upper end to the next one's; the migration that made the histograms has it too. */
const GAMMA = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR);

/** Counts of latencies: those of the bucket `first`, of the next, and so on. */
export interface Histogram {
  readonly first: number;
  readonly counts: readonly number[];
}

/**
 * The smallest latency that `q` (0 to 1) of all do not exceed, in ms: within {@link RELATIVE_ERROR} of the one at the
 * nearest rank, `⌈q · n⌉` counted from 1, so that p99 of a few is the slowest of them. From the buckets of a DDSketch
 * (Masson, Rim and Lee, VLDB 2019). Null where there are none.
 */
export function quantile({ first, counts }: Histogram, q: number): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  const rank = nearestRank(q, total);
  let seen = 0;
  const index = counts.findIndex((count) => (seen += count) > rank);
  return valueOf(first + index);
}

/** Counted from 0. What a fraction like 0.95 is short of in binary must not push `q · n` over a whole number. */
function nearestRank(q: number, total: number): number {
  return Math.max(0, Math.ceil(q * total - 1e-9) - 1);
}

/** Count and mean as they are, percentiles from the histogram. */
export function distributionOf(histogram: Histogram, count: number, totalUs: number): LatencyDistribution {
  const percentile = (q: number): number | null => {
    const value = quantile(histogram, q);
    return value === null ? null : rounded(value);
  };
  return {
    count,
    mean: count === 0 ? null : rounded(totalUs / count / 1_000),
    p50: percentile(0.5),
    p90: percentile(0.9),
    p95: percentile(0.95),
    p99: percentile(0.99),
  };
}

/** The value that is equally far, in proportion, from both ends of a bucket. */
function valueOf(bucket: number): number {
  return (2 * GAMMA ** bucket) / (GAMMA + 1);
}

/** Seven digits: what is beyond them is noise. */
function rounded(ms: number): number {
  return Number(ms.toPrecision(7));
}
