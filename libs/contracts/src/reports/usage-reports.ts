import { z } from 'zod';
import { defineRequest } from '../define.ts';
import { limit } from '../pagination.ts';
import { subtree, visibleTo } from '../visibility.ts';
import { spanFields, usageFilters } from './usage.ts';

/** What usage can be told apart by. */
export const usageDimensions = ['account', 'provider', 'model', 'route', 'key'] as const;
export type UsageDimension = (typeof usageDimensions)[number];

const anyOf = (values: readonly string[]): string => `must be one of ${values.join(', ')}`;

const dimensionList = z
  .string()
  .transform((text) => text.split(','))
  .pipe(z.array(z.enum(usageDimensions, { error: `must be a comma-separated list of ${usageDimensions.join(', ')}` })))
  .transform((list) => [...new Set(list)]);

/** The values of the dimensions that were asked for; the others are left out. */
const group = {
  account: z.string().optional(),
  provider: z.string().optional(),
  model: z.string().optional(),
  route: z.string().optional(),
  key: z.string().optional(),
};

/** Sums over attempts, exact. */
export const usageTotals = z.object({
  /** Attempts: a request that fell back to a second provider counts once for each. */
  requests: z.number(),
  /** Attempts without a whole answer, unless the client had gone. */
  errors: z.number(),
  /** Attempts whose cost is the bound, since the real one was not reported. */
  estimated: z.number(),
  /** Attempts that cost more than their bound. */
  overruns: z.number(),
  inputTokens: z.number(),
  outputTokens: z.number(),
  cachedInputTokens: z.number(),
  costUsd: z.string(),
});
export type UsageTotals = z.output<typeof usageTotals>;

/** The sums of one interval and one combination of the asked dimensions. `at` is when the interval starts (UTC). */
export const usageSum = z.object({ at: z.string(), ...group, ...usageTotals.shape });
export type UsageSum = z.output<typeof usageSum>;

const intervals = ['minute', 'hour', 'day'] as const;

/** What a client may ask of the report on usage. */
export const usageSumQuery = z.strictObject({
  ...spanFields,
  interval: z.enum(intervals, { error: anyOf(intervals) }).default('hour'),
  groupBy: dimensionList.optional(),
  ...usageFilters,
  subtree,
});

/**
 * Usage by interval and group, oldest first, and in total. The last 24 hours by default; at most 10 000 intervals ×
 * groups, in one message.
 */
export const sumUsage = defineRequest('reports.usage.sum', {
  request: usageSumQuery.omit({ subtree: true }).extend({ visibleTo }),
  response: z.object({
    from: z.string(),
    to: z.string(),
    interval: z.string(),
    totals: usageTotals,
    data: z.array(usageSum),
  }),
});

const measures = ['cost', 'requests', 'tokens', 'errors'] as const;
export type UsageMeasure = (typeof measures)[number];

/** What a client may ask of the report on who uses most. */
export const usageTopQuery = z.strictObject({
  ...spanFields,
  dimension: z.enum(usageDimensions),
  by: z.enum(measures, { error: anyOf(measures) }).default('cost'),
  limit: limit.prefault(10),
  ...usageFilters,
  subtree,
});

/** One value of a dimension; `share` is its part of the total by the measure that was asked for, 0 to 1. */
const usageTopEntry = z.object({ ...group, ...usageTotals.shape, share: z.number() });

/** The values of a dimension that used most, first the most. The last 24 hours by default, ten years at most. */
export const topUsage = defineRequest('reports.usage.top', {
  request: usageTopQuery.omit({ subtree: true }).extend({ visibleTo }),
  response: z.object({
    from: z.string(),
    to: z.string(),
    dimension: z.string(),
    by: z.string(),
    totals: usageTotals,
    data: z.array(usageTopEntry),
  }),
});

/** In milliseconds; null where nothing was counted. The mean is exact, the percentiles within `relativeError`. */
export const latencyDistribution = z.object({
  count: z.number(),
  mean: z.number().nullable(),
  p50: z.number().nullable(),
  p90: z.number().nullable(),
  p95: z.number().nullable(),
  p99: z.number().nullable(),
});
export type LatencyDistribution = z.output<typeof latencyDistribution>;

const latencies = {
  /** From the attempt's start to its end. */
  latencyMs: latencyDistribution,
  /** To the first byte of the answer, of those attempts that got one. */
  firstByteMs: latencyDistribution,
};

/** What a client may ask of the report on latencies. */
export const usageLatencyQuery = z.strictObject({
  ...spanFields,
  groupBy: dimensionList.optional(),
  ...usageFilters,
  subtree,
});

/** Latencies by group, the group with most attempts first. The last 24 hours by default, ten years at most. */
export const usageLatency = defineRequest('reports.usage.latency', {
  request: usageLatencyQuery.omit({ subtree: true }).extend({ visibleTo }),
  response: z.object({
    from: z.string(),
    to: z.string(),
    /** How far a percentile is from an attempt's own latency at most, as a part of it. */
    relativeError: z.number(),
    data: z.array(z.object({ ...group, ...latencies })),
  }),
});

/** What `from` (included) and `to` (not included) add up to. */
const spanTotals = z.object({
  from: z.string(),
  to: z.string(),
  ...usageTotals.shape,
  /** Errors as a part of the requests; null without any. */
  errorRate: z.number().nullable(),
});

/** Whole hours up to the end of the running one, as far as that is known. */
const period = spanTotals.extend({
  /** As many hours before as the period has without the running one: there is nothing as long that it could be compared with. */
  before: spanTotals,
  /**
   * The growth from `before` to the period's hours without the running one, as a part of what was then: 0.5 is half as much
   * again. Null where there was nothing.
   */
  change: z.object({
    requests: z.number().nullable(),
    errors: z.number().nullable(),
    tokens: z.number().nullable(),
    costUsd: z.number().nullable(),
  }),
});

const topEntries = z.array(usageTopEntry);

/** What a client may ask of the dashboard. */
export const usageDashboardQuery = z.strictObject({ accountId: usageFilters.accountId, subtree });

/** What an operator needs at a glance, of one moment. `hours`, `top` and `latency` are of the last 24 hours. */
export const usageDashboard = defineRequest('reports.usage.dashboard', {
  request: usageDashboardQuery.omit({ subtree: true }).extend({ visibleTo }),
  response: z.object({
    at: z.string(),
    /** `today` began at midnight UTC; before it is yesterday up to the same hour. */
    periods: z.object({ today: period, last24Hours: period, last7Days: period, last30Days: period }),
    /** The last 24 hours, oldest first; the last one is running. */
    hours: z.array(z.object({ at: z.string(), ...usageTotals.shape })),
    /** By cost, five of each. */
    top: z.object({ accounts: topEntries, providers: topEntries, models: topEntries }),
    latency: z.object({ relativeError: z.number(), ...latencies }),
  }),
});
export type UsageDashboard = z.output<typeof usageDashboard.response>;
