import type { CallerLimits } from '@purser/contracts';
import type { Demand, RateLimit, SlotLimit } from '@purser/rate-limiting';
import { minuteRate, slotsOf, type LimitScope } from './limit-names.ts';

/**
 * What the requests of a caller are limited by: the limits of its key, of its account and of all accounts above. Made once
 * for each snapshot of the configuration, and frozen, so that a request takes them as they are.
 */
export interface RequestLimits {
  /** Each request takes 1 of each. */
  readonly requests: readonly Demand<RateLimit>[];
  /** Each request takes its tokens of each. */
  readonly tokens: readonly Demand<RateLimit>[];
  /** Each request holds one of each while it is at providers. */
  readonly slots: readonly Demand<SlotLimit>[];
}

/** Of who is limited by nothing: the one object, to be told by its identity. */
export const unlimited: RequestLimits = Object.freeze({
  requests: Object.freeze([]),
  tokens: Object.freeze([]),
  slots: Object.freeze([]),
});

/** One that limits something. */
interface Limited {
  readonly id: string;
  readonly limits: CallerLimits | null;
}

/** What a key's requests are limited by. @param accounts the key's account and those above it */
export function requestLimits(key: Limited, accounts: readonly Limited[]): RequestLimits {
  const owners = [
    { scope: 'key' as LimitScope, ...key },
    ...accounts.map((each) => ({ scope: 'account' as const, ...each })),
  ];
  const limiting = owners.filter(({ limits }) => limits !== null);
  if (limiting.length === 0) return unlimited;
  const requests: Demand<RateLimit>[] = [];
  const tokens: Demand<RateLimit>[] = [];
  const slots: Demand<SlotLimit>[] = [];
  for (const { scope, id, limits } of limiting) {
    const { requestsPerMinute, tokensPerMinute, concurrency } = limits!;
    if (requestsPerMinute !== undefined) requests.push(minuteRate(scope, 'requests', id, requestsPerMinute));
    if (tokensPerMinute !== undefined) tokens.push(minuteRate(scope, 'tokens', id, tokensPerMinute));
    if (concurrency !== undefined) slots.push(slotsOf(scope, id, concurrency));
  }
  return Object.freeze({
    requests: Object.freeze(requests),
    tokens: Object.freeze(tokens),
    slots: Object.freeze(slots),
  });
}
