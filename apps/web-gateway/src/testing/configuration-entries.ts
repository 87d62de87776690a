import { v7 as uuidv7 } from 'uuid';
import type {
  AccountEntry,
  BudgetEntry,
  ConfigurationEntry,
  KeyEntry,
  ModelEntry,
  ProviderEntry,
  RouteEntry,
} from '@purser/contracts';
import { hashApiKey } from '@purser/secrets';
import type { Caller } from '../authentication/caller.ts';
import { unlimited } from '../limits/request-limits.ts';

const createdAt = '2026-01-31T12:00:00.000Z';

/** An account at the root, enabled. */
export const anAccount = (fields: Partial<AccountEntry> = {}): AccountEntry => ({
  id: uuidv7(),
  parentId: null,
  limits: null,
  disabled: false,
  ...fields,
});

/** A member's key with the secret `secret`. */
export const aKey = (accountId: string, secret: string, fields: Partial<KeyEntry> = {}): KeyEntry => ({
  id: uuidv7(),
  accountId,
  sha256: hashApiKey(secret),
  role: 'member',
  disabled: false,
  expiresAt: null,
  limits: null,
  ...fields,
});

/** Who calls with a member's key that nothing limits. */
export const aCaller = (fields: Partial<Caller> = {}): Caller => ({
  ...{ keyId: uuidv7(), accountId: uuidv7(), role: 'member', expiresAt: null, keyLimits: null, limits: unlimited },
  ...fields,
});

/** A hard budget for the day, without filter. */
export const aBudget = (accountId: string, fields: Partial<BudgetEntry> = {}): BudgetEntry => ({
  id: uuidv7(),
  accountId,
  window: 'day',
  hard: true,
  filter: {},
  disabled: false,
  ...fields,
});

/** A provider without API key. */
export const aProvider = (fields: Partial<ProviderEntry> = {}): ProviderEntry => ({
  id: uuidv7(),
  name: 'acme',
  kind: 'openai-compatible',
  baseUrl: 'http://127.0.0.1:9/v1',
  sealedApiKey: null,
  concurrency: 50,
  limits: null,
  cancelledStreams: 'drain',
  simulated: false,
  disabled: false,
  ...fields,
});

/** A model for 1 and 2 USD per million tokens. */
export const aModel = (providerId: string, fields: Partial<ModelEntry> = {}): ModelEntry => ({
  id: uuidv7(),
  providerId,
  name: 'small',
  createdAt,
  price: {
    version: 'price-1',
    inputNanosPerMillion: '1000000000',
    outputNanosPerMillion: '2000000000',
    cachedInputNanosPerMillion: '1000000000',
  },
  maxOutputTokens: null,
  contextTokens: null,
  reasoningUncapped: false,
  toolPromptTokens: 0,
  disabled: false,
  ...fields,
});

/** A route to the models, in this order. */
export const aRoute = (name: string, modelIds: readonly string[], fields: Partial<RouteEntry> = {}): RouteEntry => ({
  id: uuidv7(),
  name,
  createdAt,
  strategy: 'priority',
  targets: modelIds.map((modelId) => ({ modelId })),
  defaultMaxTokens: null,
  cache: null,
  disabled: false,
  ...fields,
});

type ValueOf<K> = NonNullable<Extract<ConfigurationEntry, { kind: K }>['value']>;

/** Entries of one kind at a version. */
export function entries<K extends ConfigurationEntry['kind']>(
  kind: K,
  values: readonly ValueOf<K>[],
  version = 1,
): ConfigurationEntry[] {
  return values.map((value) => ({ kind, id: value.id, version, value }) as unknown as ConfigurationEntry);
}
