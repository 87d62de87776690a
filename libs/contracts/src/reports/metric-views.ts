import { z } from 'zod';
import { defineRequest } from '../define.ts';

/** The most values that each list of {@link metricStats} has. */
export const MAX_STATS_VALUES = 100;

/** How many definitions have which value, the most frequent first; none has null. */
const counts = z.array(z.object({ value: z.string().nullable(), count: z.int() })).max(MAX_STATS_VALUES);

/** The catalogue in numbers. */
export const metricStats = z.object({
  total: z.int(),
  withTargets: z.int(),
  withoutTargets: z.int(),
  categories: counts,
  tiers: counts,
  businessDomains: counts,
  owners: counts,
  statuses: counts,
  metricTypes: counts,
  tags: counts,
});
export type MetricStats = z.output<typeof metricStats>;

export const countMetrics = defineRequest('reports.metrics.stats', {
  request: z.strictObject({}),
  response: metricStats,
});

/** A definition's targets as a policy of the Open Policy Agent. */
export const metricPolicy = z.object({
  metricId: z.string(),
  /** As the policy's `package` says; `data.<package>` in a query. */
  package: z.string(),
  /** A module in Rego (version 1). */
  policy: z.string(),
});
export type MetricPolicy = z.output<typeof metricPolicy>;

export const getMetricPolicy = defineRequest('reports.metrics.policy', {
  request: z.object({ id: z.string() }),
  response: metricPolicy,
});
