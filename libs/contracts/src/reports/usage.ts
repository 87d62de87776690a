import { z } from 'zod';
import { defineRequest } from '../define.ts';
import { cacheOutcome } from '../budget/settlement.ts';
import { cursorFields, cursorPageOf } from '../pagination.ts';
import { id, instant, searchText } from '../scalars.ts';
import { subtree, visibleTo } from '../visibility.ts';

/** One attempt that reached a provider, or one hit of the answer cache. */
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
  cache: cacheOutcome,
  latencyMs: z.number(),
  firstByteMs: z.number().nullable(),
});
export type UsageRow = z.output<typeof usageRow>;

/** `from` is included, `to` is not. */
export const spanFields = { from: instant.optional(), to: instant.optional() };

/** What may be asked of sums and of rows alike. */
export const usageFilters = {
  accountId: id.optional(),
  keyId: id.optional(),
  provider: searchText.optional(),
  model: searchText.optional(),
  route: searchText.optional(),
};

const rowFields = { ...spanFields, ...usageFilters, requestId: searchText.optional() };

/** What a client may ask of the log of usage. */
export const usageQuery = z.strictObject({ ...cursorFields, ...rowFields, subtree });

/** Usage rows, newest first. */
export const listUsage = defineRequest('reports.usage.list', {
  request: usageQuery.omit({ subtree: true }).extend({ visibleTo }),
  response: cursorPageOf(usageRow),
});

/** The formats of an export. */
export const exportFormats = ['csv', 'ndjson'] as const;

/** What a client may ask of an export. */
export const usageExportQuery = z.strictObject({
  format: z.enum(exportFormats, { error: `must be one of ${exportFormats.join(', ')}` }),
  ...rowFields,
  subtree,
});

/**
 * A page of an export: usage rows, oldest first, as many as one message holds. The last 24 hours by default, 366 days at
 * most. Whoever reads on asks again with the `from` and `to` that were answered, and `nextCursor` until it is null.
 */
export const exportUsage = defineRequest('reports.usage.export', {
  request: z.strictObject({ ...rowFields, cursor: cursorFields.cursor, visibleTo }),
  response: z.object({
    from: z.string(),
    to: z.string(),
    data: z.array(usageRow),
    nextCursor: z.string().nullable(),
  }),
  deadlineMs: 15_000,
});
