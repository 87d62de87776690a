import type { CallerLimits } from '@purser/contracts';
import { rateLimit, slotLimit, type Demand, type RateLimit, type SlotLimit } from '@purser/rate-limiting';

/** Whose a limit is. */
export type LimitScope = 'key' | 'account';

/**
 * What the requests of a caller are limited by: the limits of its key, of its account and of all accounts above. Made once
 * for each snapshot of the configuration, and frozen, so that a request takes them as they are.
 */
export interface RequestLimits {
  /** Each request takes 1 of each. */
  readonly requests: readonly Demand<RateLimit>[];
  /** Each attempt takes its tokens of each. */
  readonly tokens: readonly Demand<RateLimit>[];
  /** Each attempt holds one of each. */
  readonly slots: readonly Demand<SlotLimit>[];
}

/** Of who is limited by nothing: the one object, to be told by its identity. */
export const unlimited: RequestLimits = Object.freeze({
  requests: Object.freeze([]),
  tokens: Object.freeze([]),
  slots: Object.freeze([]),
});

const MINUTE_MS = 60_000;

/** One that limits something. */
interface Limited {
  readonly id: string;
  readonly limits: CallerLimits | null;
}

/** What a key's requests are limited by. @param accounts the key's account and those above it */
export function requestLimits(key: Limited, accounts: readonly Limited[]): RequestLimits {
  if (key.limits === null && accounts.every(({ limits }) => limits === null)) return unlimited;
  const owners = [{ scope: 'key' as const, of: key }, ...accounts.map((of) => ({ scope: 'account' as const, of }))];
  const rates = (what: 'requests' | 'tokens', amountOf: (limits: CallerLimits) => number | undefined) =>
    owners.flatMap(({ scope, of: { id, limits } }) => {
      const amount = limits === null ? undefined : amountOf(limits);
      return amount === undefined ? [] : [minuteRate(`${scope}-${what}`, id, amount)];
    });
  const slots = owners.flatMap(({ scope, of: { id, limits } }) =>
    limits?.concurrency === undefined ? [] : [slotsOf(`${scope}-concurrency`, id, limits.concurrency)],
  );
  return Object.freeze({
    requests: Object.freeze(rates('requests', ({ requestsPerMinute }) => requestsPerMinute)),
    tokens: Object.freeze(rates('tokens', ({ tokensPerMinute }) => tokensPerMinute)),
    slots: Object.freeze(slots),
  });
}

/** So many a minute, all of them at once if need be. */
export function minuteRate(name: string, subject: string, amount: number): Demand<RateLimit> {
  return Object.freeze({ limit: rateLimit(name, { amount, perMs: MINUTE_MS }), subject });
}

/** So many at a time. */
export function slotsOf(name: string, subject: string, slots: number): Demand<SlotLimit> {
  return Object.freeze({ limit: slotLimit(name, { slots }), subject });
}
