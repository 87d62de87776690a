import { z } from 'zod';
import { defineRequest } from '../define.ts';
import { cursorFields, cursorPageOf } from '../pagination.ts';
import { id, instant, searchText } from '../scalars.ts';

/** One attempt that reached a provider. */
export const usageRow = z.object({
  id,
  at: z.string(),
  requestId: z.string(),
  accountId: id,
  keyId: id,
  provider: z.string(),
  model: z.string(),
  route: z.string(),
  status: z.int(),
  attempt: z.int(),
  inputTokens: z.number(),
  outputTokens: z.number(),
  cachedInputTokens: z.number(),
  costUsd: z.string(),
  priceVersion: z.string(),
  estimated: z.boolean(),
  overrun: z.boolean(),
  reason: z.string(),
  /** What the answer cache did; `BYPASS` where the route has none. */
  cache: z.enum(['HIT', 'MISS', 'BYPASS', 'STALE']),
  latencyMs: z.number(),
  firstByteMs: z.number().nullable(),
});
export type UsageRow = z.output<typeof usageRow>;

const span = { from: instant.optional(), to: instant.optional() };

/** Usage rows, newest first. `from` is included, `to` is not. */
export const listUsage = defineRequest('reports.usage.list', {
  request: z.strictObject({
    ...cursorFields,
    ...span,
    accountId: id.optional(),
    keyId: id.optional(),
    provider: searchText.optional(),
    model: searchText.optional(),
    route: searchText.optional(),
    requestId: searchText.optional(),
  }),
  response: cursorPageOf(usageRow),
});

export const usageDimensions = ['account', 'provider', 'model', 'route'] as const;
export type UsageDimension = (typeof usageDimensions)[number];

const dimensionList = z
  .string()
  .transform((text) => text.split(','))
  .pipe(z.array(z.enum(usageDimensions, { error: `must be a comma-separated list of ${usageDimensions.join(', ')}` })))
  .transform((list) => [...new Set(list)]);

/** The sums of one interval and one combination of the asked dimensions. */
export const usageSum = z.object({
  /** When the interval starts (UTC). */
  at: z.string(),
  account: z.string().optional(),
  provider: z.string().optional(),
  model: z.string().optional(),
  route: z.string().optional(),
  /** Attempts: a request that fell back to a second provider counts once for each. */
  requests: z.number(),
  /** Attempts without a whole answer, unless the client had gone. */
  errors: z.number(),
  inputTokens: z.number(),
  outputTokens: z.number(),
  cachedInputTokens: z.number(),
  costUsd: z.string(),
});
export type UsageSum = z.output<typeof usageSum>;

/** Usage by interval and group, oldest first. The last 24 hours by default; at most 10 000 intervals × groups, in one message. */
export const sumUsage = defineRequest('reports.usage.sum', {
  request: z.strictObject({
    ...span,
    interval: z.enum(['minute', 'hour', 'day'], { error: 'must be one of minute, hour, day' }).default('hour'),
    groupBy: dimensionList.optional(),
    accountId: id.optional(),
  }),
  response: z.object({ from: z.string(), to: z.string(), interval: z.string(), data: z.array(usageSum) }),
});
