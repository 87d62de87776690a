import { z } from 'zod';
import { defineResource, sortBy, stored } from '../pagination.ts';
import { id, label, searchText } from '../scalars.ts';
import { visibleTo } from '../visibility.ts';
import { callerLimits, callerLimitsInput } from './limits.ts';

const kind = z.string().regex(/^[a-z][a-z0-9_-]{0,31}$/, 'must be 1 to 32 of a-z 0-9 _ - and begin with a letter');

/** What happens to a request that does not fit: `refuse` it. */
const overBudget = z.enum(['refuse'], { error: 'must be "refuse"' });

/** A node of the tree of those who spend; budgets of every node above a request's account apply to it. */
export const account = z.object({
  ...stored,
  name: z.string(),
  kind: z.string(),
  parentId: id.nullable(),
  /** The ids from the root down to this account. */
  path: z.array(id),
  overBudget,
  /** Those of all accounts above count beside them. */
  limits: callerLimits,
  disabled: z.boolean(),
});
export type Account = z.output<typeof account>;

const fields = {
  name: label,
  kind: kind.default('account'),
  parentId: id.nullable().default(null),
  overBudget: overBudget.default('refuse'),
  limits: callerLimitsInput.default(null),
  disabled: z.boolean('must be true or false').default(false),
};

export const accounts = defineResource('budget.accounts', {
  resource: account,
  create: z.strictObject(fields),
  update: z.strictObject({
    name: label.optional(),
    kind: kind.optional(),
    parentId: id.nullable().optional(),
    overBudget: overBudget.optional(),
    limits: callerLimitsInput.optional(),
    disabled: z.boolean('must be true or false').optional(),
  }),
  filters: {
    parentId: id.optional(),
    kind: searchText.optional(),
    name: searchText.optional(),
    sort: sortBy('name', 'createdAt'),
  },
  gatewayFilters: { visibleTo },
});
