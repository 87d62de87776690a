import type { Demand, RateLimit, SlotLimit } from '@purser/rate-limiting';
import type { TargetProvider } from '../configuration/snapshot.ts';
import { minuteRate, slotsOf } from './limit-names.ts';

/** What the attempts at a provider are limited by. */
export interface ProviderLimits {
  readonly requests: Demand<RateLimit> | undefined;
  readonly tokens: Demand<RateLimit> | undefined;
  readonly slots: Demand<SlotLimit>;
  /** What an attempt takes whatever it is: all but tokens. */
  readonly always: readonly Demand[];
  /** What its own quota is known by: begun anew with each change of it, as that may bring another API key. */
  readonly quota: string;
}

/** The limits of one version of a provider. */
export function providerLimits({ id, version, concurrency, limits }: TargetProvider): ProviderLimits {
  const { requestsPerMinute, tokensPerMinute } = limits ?? {};
  const requests =
    requestsPerMinute === undefined ? undefined : minuteRate('provider', 'requests', id, requestsPerMinute);
  const tokens = tokensPerMinute === undefined ? undefined : minuteRate('provider', 'tokens', id, tokensPerMinute);
  return withAlways({ requests, tokens, slots: slotsOf('provider', id, concurrency), quota: `${id} ${version}` });
}

export function withAlways(limits: Omit<ProviderLimits, 'always'>): ProviderLimits {
  const always = limits.requests === undefined ? [limits.slots] : [limits.requests, limits.slots];
  return Object.freeze({ ...limits, always: Object.freeze(always) });
}
