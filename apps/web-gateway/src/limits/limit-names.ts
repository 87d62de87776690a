import { rateLimit, slotLimit, type Demand, type RateLimit, type SlotLimit } from '@purser/rate-limiting';

/** Whose a limit is. */
export type LimitScope = 'key' | 'account' | 'provider' | 'address';

/** What is limited. */
export type LimitedUnit = 'requests' | 'tokens' | 'concurrency';

/** What a limit is called in the limiter's keys, headers and statistics: `key-requests`. */
export type LimitName = `${LimitScope}-${LimitedUnit}`;

const MINUTE_MS = 60_000;

/** So many a minute; all of them at once if they were saved up. */
export function minuteRate(
  scope: LimitScope,
  unit: 'requests' | 'tokens',
  subject: string,
  amount: number,
): Demand<RateLimit> {
  return Object.freeze({ limit: rateLimit(nameOf(scope, unit), { amount, perMs: MINUTE_MS, unit }), subject });
}

/** So many at a time. */
export function slotsOf(scope: LimitScope, subject: string, slots: number): Demand<SlotLimit> {
  return Object.freeze({ limit: slotLimit(nameOf(scope, 'concurrency'), { slots }), subject });
}

export function nameOf(scope: LimitScope, unit: LimitedUnit): LimitName {
  return `${scope}-${unit}`;
}

/** What a name that {@link nameOf} made says. */
export function readName(name: string): { readonly scope: LimitScope; readonly unit: LimitedUnit } {
  const [scope, unit] = name.split('-') as [LimitScope, LimitedUnit];
  return { scope, unit };
}
