import { z } from 'zod';
import { definePublish, defineRequest } from '../define.ts';
import { id, positiveNanos, sealedSecret } from '../scalars.ts';
import { windowKind, budgetFilter } from './budgets.ts';
import { role } from './keys.ts';
import { callerLimits, providerLimits } from './limits.ts';
import { cancelledStreams, providerKind } from './providers.ts';
import { routeCache, routeStrategy } from './routes.ts';

const accountEntry = z.object({ id, parentId: id.nullable(), limits: callerLimits, disabled: z.boolean() });
const keyEntry = z.object({
  id,
  accountId: id,
  /** The SHA-256 of the secret, in hexadecimal. */
  sha256: z.string().length(64),
  role,
  disabled: z.boolean(),
  expiresAt: z.string().nullable(),
  limits: callerLimits,
});
const budgetEntry = z.object({
  id,
  accountId: id,
  window: windowKind,
  hard: z.boolean(),
  filter: budgetFilter,
  disabled: z.boolean(),
});
const providerEntry = z.object({
  id,
  name: z.string(),
  kind: providerKind,
  baseUrl: z.string(),
  sealedApiKey: sealedSecret.nullable(),
  concurrency: z.int(),
  limits: providerLimits,
  cancelledStreams,
  simulated: z.boolean(),
  disabled: z.boolean(),
});
const modelEntry = z.object({
  id,
  providerId: id,
  name: z.string(),
  createdAt: z.string(),
  price: z.object({
    version: z.string(),
    inputNanosPerMillion: positiveNanos,
    outputNanosPerMillion: positiveNanos,
    cachedInputNanosPerMillion: positiveNanos,
  }),
  maxOutputTokens: z.int().nullable(),
  contextTokens: z.int().nullable(),
  reasoningUncapped: z.boolean(),
  toolPromptTokens: z.int(),
  disabled: z.boolean(),
});
const routeEntry = z.object({
  id,
  name: z.string(),
  createdAt: z.string(),
  strategy: routeStrategy,
  targets: z.array(z.object({ modelId: id })),
  defaultMaxTokens: z.int().nullable(),
  cache: routeCache,
  disabled: z.boolean(),
});

export type AccountEntry = z.output<typeof accountEntry>;
export type KeyEntry = z.output<typeof keyEntry>;
export type BudgetEntry = z.output<typeof budgetEntry>;
export type ProviderEntry = z.output<typeof providerEntry>;
export type ModelEntry = z.output<typeof modelEntry>;
export type RouteEntry = z.output<typeof routeEntry>;

const entryOf = <K extends string, S extends z.ZodType>(kind: K, value: S) =>
  z.object({ kind: z.literal(kind), id, version: z.int(), value: value.nullable() });

/** One thing that gateways know, at the configuration version of its last change; `value` null: it is gone. */
export const configurationEntry = z.discriminatedUnion('kind', [
  entryOf('account', accountEntry),
  entryOf('key', keyEntry),
  entryOf('budget', budgetEntry),
  entryOf('provider', providerEntry),
  entryOf('model', modelEntry),
  entryOf('route', routeEntry),
]);
export type ConfigurationEntry = z.output<typeof configurationEntry>;

/**
 * What has changed since a version, in the order of versions, by pages. A gateway asks with `since` 0 for everything.
 * While `nextCursor` is not null there is more; the version is in force once the last page has been applied.
 */
export const readConfiguration = defineRequest('budget.configuration.read', {
  request: z.object({ since: z.int().min(0), cursor: z.string().nullable() }),
  response: z.object({ version: z.int(), entries: z.array(configurationEntry), nextCursor: z.string().nullable() }),
});

/** The configuration has this version now. Lost: the next lease answer carries the version, at most one heartbeat later. */
export const configurationChanged = definePublish('budget.configuration.changed', z.object({ version: z.int() }));
