import type { Limit, RateLimit } from './limit.ts';
import type { Standing } from './store.ts';

export type Header = readonly [name: string, value: string];

/** What an integer of a structured field may be (RFC 9651). */
const MOST_INTEGER = 999_999_999_999_999;

/** Limits are few and asked for often. */
const policies = new WeakMap<Limit, string>();

/**
 * What an answer tells its caller about limits, of several of one name only the one of which least is left:
 *
 * - `RateLimit-Policy` and `RateLimit`, structured fields as in draft-ietf-httpapi-ratelimit-headers-11. There `t` is how
 *   long no more than `r` can be had, so that `Retry-After` is never earlier; slots have no `t`. What a rate counts is told
 *   (`qu`) where it is not requests, also where the draft registers no such unit, as for tokens: untold it would be requests.
 * - `X-RateLimit-Limit`, `-Remaining` and `-Reset` (seconds until all of it is there again) of the rate of which the smallest
 *   part is left.
 * - `Retry-After` in seconds, where it was refused and time helps.
 */
export function rateLimitHeaders(standings: readonly Standing[], retryAfterMs?: number): Header[] {
  const headers: Header[] = [];
  const shown = standings.length > 1 ? tightestByName(standings) : standings;
  if (shown.length > 0) {
    headers.push(['RateLimit-Policy', shown.map(({ limit }) => policyOf(limit)).join(', ')]);
    headers.push(['RateLimit', shown.map(serviceLimitOf).join(', ')]);
  }
  const tightest = shown.filter(({ limit }) => limit.kind === 'rate').reduce<Standing | undefined>(tighter, undefined);
  if (tightest !== undefined) {
    headers.push(['X-RateLimit-Limit', String(Math.floor(capacityOf(tightest.limit)))]);
    headers.push(['X-RateLimit-Remaining', String(left(tightest))]);
    headers.push(['X-RateLimit-Reset', String(seconds(tightest.resetMs))]);
  }
  if (retryAfterMs !== undefined) headers.push(['Retry-After', String(Math.max(1, seconds(retryAfterMs)))]);
  return headers;
}

function tightestByName(standings: readonly Standing[]): Standing[] {
  const byName = new Map<string, Standing>();
  for (const standing of standings) {
    byName.set(standing.limit.name, tighter(byName.get(standing.limit.name), standing));
  }
  return [...byName.values()];
}

function tighter(one: Standing | undefined, other: Standing): Standing {
  if (one === undefined) return other;
  return other.remaining / capacityOf(other.limit) < one.remaining / capacityOf(one.limit) ? other : one;
}

function capacityOf(limit: Limit): number {
  return limit.kind === 'rate' ? limit.capacity : limit.slots;
}

function policyOf(limit: Limit): string {
  let policy = policies.get(limit);
  if (policy === undefined) policies.set(limit, (policy = newPolicy(limit)));
  return policy;
}

function newPolicy(limit: Limit): string {
  if (limit.kind === 'slots') return `"${limit.name}";q=${limit.slots};qu="concurrent-requests"`;
  const { quota, windowSeconds } = wholeRate(limit);
  const unit = limit.unit === 'requests' ? '' : `;qu="${limit.unit}"`;
  return `"${limit.name}";q=${quota}${unit};w=${windowSeconds}`;
}

/** By its own time in whole seconds; where not even one comes in that, as of a share, by the time that one takes. */
function wholeRate({ amount, perMs }: RateLimit): { readonly quota: number; readonly windowSeconds: number } {
  const windowSeconds = Math.max(1, seconds(perMs));
  const quota = Math.floor((amount * windowSeconds * 1_000) / perMs);
  if (quota < 1) return { quota: 1, windowSeconds: seconds(perMs / amount) };
  return { quota: Math.min(quota, MOST_INTEGER), windowSeconds };
}

function serviceLimitOf(standing: Standing): string {
  const { limit } = standing;
  const available = `"${limit.name}";r=${left(standing)}`;
  return limit.kind === 'rate' ? `${available};t=${seconds(untilMoreMs(limit, standing))}` : available;
}

/** Until there is one more than there is now; of a full bucket until another one of those taken now would be there again. */
function untilMoreMs(limit: RateLimit, { remaining, resetMs }: Standing): number {
  const intervalMs = limit.perMs / limit.amount;
  const missing = Math.max(0, limit.capacity - (Math.max(0, remaining) + 1));
  return resetMs <= 0 ? intervalMs : Math.max(0, resetMs - missing * intervalMs);
}

function left({ limit, remaining }: Standing): number {
  // A store may round up what is nearly there.
  return Math.min(Math.max(0, remaining), Math.floor(capacityOf(limit)));
}

function seconds(ms: number): number {
  // What rounding leaves behind a whole second is none.
  return Math.min(Math.max(0, Math.ceil(ms / 1_000 - 1e-6)), MOST_INTEGER);
}
