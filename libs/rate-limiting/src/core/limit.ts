import { finiteAbove0, text, wholeAtLeast1 } from './check.ts';

/**
 * So many in so much time, as a token bucket: `capacity` at once, refilled evenly with `amount` per `perMs`. In any span of
 * t milliseconds at most `capacity + amount * t / perMs` pass.
 */
export interface RateLimit {
  readonly kind: 'rate';
  /** Names it in keys, headers, statistics and errors: a to z, 0 to 9 and `-`. */
  readonly name: string;
  /** The most that can be taken at once, and that is saved up. */
  readonly capacity: number;
  readonly amount: number;
  readonly perMs: number;
  /** What it counts, as `RateLimit-Policy` tells it (`qu`): `requests`, `tokens`, `content-bytes`. */
  readonly unit: string;
}

/** So many at the same time. Each is held as a lease that ends by itself, unless it is renewed. */
export interface SlotLimit {
  readonly kind: 'slots';
  /** As a {@link RateLimit}'s. */
  readonly name: string;
  readonly slots: number;
  /** After which a slot whose holder was not heard of is free again. */
  readonly leaseMs: number;
}

export type Limit = RateLimit | SlotLimit;

const DEFAULT_LEASE_MS = 30_000;
const DEFAULT_UNIT = 'requests';

/** Those whose numbers were checked. */
const made = new WeakSet<object>();

/** Whether {@link rateLimit}, {@link slotLimit} or {@link shareOf} made it: what was written by hand may hold anything. */
export function isLimit(value: unknown): value is Limit {
  return made.has(value as object);
}

function make<L extends Limit>(limit: L): L {
  made.add(limit);
  return Object.freeze(limit);
}

/**
 * A rate of whole numbers: `rateLimit('requests', { amount: 60, perMs: 60_000 })` lets 60 pass at once, then one a second.
 *
 * @param options.capacity default: `amount`
 * @param options.unit default `requests`
 * @throws TypeError naming the field for 0, negative, fractional or infinite numbers
 */
export function rateLimit(
  name: string,
  options: { readonly amount: number; readonly perMs: number; readonly capacity?: number; readonly unit?: string },
): RateLimit {
  const amount = wholeAtLeast1('amount', options.amount);
  const perMs = finiteAbove0('perMs', options.perMs);
  const capacity = wholeAtLeast1('capacity', options.capacity ?? amount);
  const unit = text('unit', options.unit ?? DEFAULT_UNIT);
  return make({ kind: 'rate', name: text('name', name), capacity, amount, perMs, unit });
}

/**
 * A number of slots: `slotLimit('concurrency', { slots: 10 })`.
 *
 * @param options.leaseMs default 30 000; the limiter renews what it holds three times in that time
 * @throws TypeError naming the field for 0, negative, fractional or infinite numbers
 */
export function slotLimit(name: string, options: { readonly slots: number; readonly leaseMs?: number }): SlotLimit {
  const slots = wholeAtLeast1('slots', options.slots);
  const leaseMs = finiteAbove0('leaseMs', options.leaseMs ?? DEFAULT_LEASE_MS);
  return make({ kind: 'slots', name: text('name', name), slots, leaseMs });
}

/**
 * The part of a limit that one of several processes may give on its own: of a rate `share`, of slots that rounded down, of
 * both at least 1 at once, so that whoever has the smallest limit is slowed and not shut out.
 *
 * @param share above 0, at most 1
 * @throws TypeError for any other share
 */
export function shareOf<L extends Limit>(limit: L, share: number): L {
  if (!(share > 0 && share <= 1)) throw new TypeError(`share must be above 0 and at most 1, not ${share}`);
  if (share === 1) return limit;
  if (limit.kind === 'slots') return make<L>({ ...limit, slots: Math.max(1, Math.floor(limit.slots * share)) });
  const capacity = Math.max(1, limit.capacity * share);
  return make<L>({ ...limit, capacity, amount: limit.amount * share });
}
