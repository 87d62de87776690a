import { retryAfterMs, type AnswerHeaders } from './header-values.ts';
import { quotasIn, type LearnedQuota } from './quota-headers.ts';

/** What an upstream answered. */
export interface UpstreamAnswer {
  readonly status: number;
  readonly headers: AnswerHeaders;
  /** Of an answer that is an error, as the upstream puts it. */
  readonly message?: string;
  /** Milliseconds since 1970. Default: now. */
  readonly now?: number;
}

/**
 * - `retry-after`: the upstream says how long.
 * - `quota`: what is left of a quota is others'.
 * - `refused`: it refused, and does not say for how long.
 * - `elsewhere`: it was learned by another process, or before a restart.
 */
export type WaitReason = 'retry-after' | 'quota' | 'refused' | 'elsewhere';

/** For how long nothing more may be sent. */
export interface QuotaWait {
  readonly waitMs: number;
  readonly reason: WaitReason;
  /** The quota's. */
  readonly dimension?: string;
}

/** The part of a quota that is left to others who use the same token or address. */
export const DEFAULT_RESERVE_SHARE = 0.02;
/** Where an upstream limits without saying for how long: GitHub asks for a minute at least. */
const UNTOLD_WAIT_MS = 60_000;
const LIMITED = /rate limit|abuse detection/i;
/** What they refuse is nobody's quota; they may say when to come again. */
const OVERLOADED = new Set([503, 529]);

/**
 * How long no further request may be sent after this answer; undefined where one may be sent at once. Obeys `retry-after`,
 * limits that are told by the status or the message alone, and quotas, of which it leaves the last part, one at least. Times are
 * counted from the server's own clock, and are at most a day.
 *
 * @param reserveShare of each quota, left to others. Default 0.02
 */
export function waitAfter(answer: UpstreamAnswer, reserveShare = DEFAULT_RESERVE_SHARE): QuotaWait | undefined {
  const { status, headers, message = '', now = Date.now() } = answer;
  const retryMs = retryAfterMs(headers, now);
  const told = retryMs === undefined ? undefined : ({ waitMs: retryMs, reason: 'retry-after' } as const);
  if (OVERLOADED.has(status)) return told;
  const quotas = quotasIn(headers, now);
  if (status !== 403 && status !== 429) return longest(quotas.filter((quota) => isSpent(quota, reserveShare)));
  if (told) return told;
  const usedUp = longest(quotas.filter(({ remaining }) => remaining === 0));
  if (usedUp) return usedUp;
  return status === 429 || LIMITED.test(message) ? { waitMs: UNTOLD_WAIT_MS, reason: 'refused' } : undefined;
}

/** What is left to others of a quota: one at least. */
export function reserveOf(limit: number | undefined, reserveShare: number): number {
  return Math.max(1, Math.floor((limit ?? 0) * reserveShare));
}

function isSpent({ limit, remaining }: LearnedQuota, reserveShare: number): boolean {
  return remaining <= reserveOf(limit, reserveShare);
}

function longest(quotas: readonly LearnedQuota[]): QuotaWait | undefined {
  let found: QuotaWait | undefined;
  for (const { dimension, resetMs } of quotas) {
    if (!found || resetMs > found.waitMs) found = { waitMs: resetMs, reason: 'quota', dimension };
  }
  return found;
}
