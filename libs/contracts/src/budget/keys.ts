import { z } from 'zod';
import { defineResource, sortBy, stored } from '../pagination.ts';
import { id, instant, label } from '../scalars.ts';
import { visibleTo } from '../visibility.ts';
import { callerLimits, callerLimitsInput } from './limits.ts';

/** What a key may do: everything; its account's subtree; call models and read its own account; read only. */
export const role = z.enum(['admin', 'manager', 'member', 'viewer'], {
  error: 'must be one of admin, manager, member, viewer',
});
export type Role = z.output<typeof role>;

/** An API key. The secret itself is stored nowhere: only its SHA-256. */
export const apiKey = z.object({
  ...stored,
  accountId: id,
  name: z.string(),
  role,
  /** The first characters of the secret, to recognise it by. */
  prefix: z.string(),
  disabled: z.boolean(),
  expiresAt: z.string().nullable(),
  limits: callerLimits,
});
export type ApiKey = z.output<typeof apiKey>;

/** The answer to a creation: the only one that holds the secret. */
export const createdApiKey = apiKey.extend({ key: z.string() });

export const apiKeys = defineResource('budget.keys', {
  resource: apiKey,
  created: createdApiKey,
  create: z.strictObject({
    accountId: id,
    name: label,
    role: role.default('member'),
    expiresAt: instant.nullable().default(null),
    limits: callerLimitsInput.default(null),
    disabled: z.boolean('must be true or false').default(false),
  }),
  update: z.strictObject({
    name: label.optional(),
    role: role.optional(),
    expiresAt: instant.nullable().optional(),
    limits: callerLimitsInput.optional(),
    disabled: z.boolean('must be true or false').optional(),
  }),
  filters: { accountId: id.optional(), role: role.optional(), sort: sortBy('name', 'createdAt') },
  gatewayFilters: { visibleTo },
});
