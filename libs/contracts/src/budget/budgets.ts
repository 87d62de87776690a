import { z } from 'zod';
import { defineResource, sortBy, stored } from '../pagination.ts';
import { id, timeZone, usd } from '../scalars.ts';
import { visibleTo } from '../visibility.ts';

export const windowKind = z.enum(['hour', 'day', 'week', 'month', 'total'], {
  error: 'must be one of hour, day, week, month, total',
});
export type WindowKind = z.output<typeof windowKind>;

/** Which requests a budget counts: all, or those to one provider and/or one model. */
export const budgetFilter = z.strictObject({ providerId: id.optional(), modelId: id.optional() });

/** The window that runs now. `remainingUsd` = limit − settled − held, at least 0. `endsAt` is null for `total`. */
export const budgetWindow = z.object({
  startsAt: z.string(),
  endsAt: z.string().nullable(),
  limitUsd: z.string(),
  settledUsd: z.string(),
  heldUsd: z.string(),
  overrunUsd: z.string(),
  remainingUsd: z.string(),
});

/** A limit on what an account and all below it may spend in a window. */
export const budget = z.object({
  ...stored,
  accountId: id,
  limitUsd: z.string(),
  window: windowKind,
  timeZone: z.string(),
  /** Hard budgets refuse; soft ones only count. */
  hard: z.boolean(),
  filter: budgetFilter,
  disabled: z.boolean(),
  current: budgetWindow,
});
export type Budget = z.output<typeof budget>;

export const budgets = defineResource('budget.budgets', {
  resource: budget,
  create: z.strictObject({
    accountId: id,
    limitUsd: usd,
    window: windowKind,
    timeZone: timeZone.default('UTC'),
    hard: z.boolean('must be true or false').default(true),
    filter: budgetFilter.default({}),
    disabled: z.boolean('must be true or false').default(false),
  }),
  // The window's kind and zone are never edited: a new budget is made instead.
  update: z.strictObject({
    limitUsd: usd.optional(),
    hard: z.boolean('must be true or false').optional(),
    filter: budgetFilter.optional(),
    disabled: z.boolean('must be true or false').optional(),
  }),
  filters: { accountId: id.optional(), sort: sortBy('createdAt') },
  gatewayFilters: { visibleTo },
});
