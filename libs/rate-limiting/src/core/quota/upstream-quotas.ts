import { wholeAtLeast1 } from '../check.ts';
import { boundedMs } from './header-values.ts';
import { quotasIn, type LearnedQuota } from './quota-headers.ts';
import {
  DEFAULT_RESERVE_SHARE,
  reserveOf,
  waitAfter,
  type QuotaWait,
  type UpstreamAnswer,
  type WaitReason,
} from './wait-after.ts';

export interface UpstreamQuotasOptions {
  /** The part of each quota that is left to others. From 0 to below 1; default 0.02. At least one is left. */
  readonly reserveShare?: number;
  /** The most upstreams that are remembered; beyond it the one heard of longest ago is forgotten. Default 10 000. */
  readonly mostSubjects?: number;
}

/** What a request takes of each dimension of a quota. Dimensions that it does not name do not stop it. */
export type QuotaCost = Readonly<Record<string, number>>;

/** What {@link UpstreamQuotas} did so far. */
export interface UpstreamQuotasStatistics {
  readonly subjects: number;
  readonly forgotten: number;
  readonly answers: number;
  /** Answers after which nothing more was to be sent for a while. */
  readonly limited: number;
  /** Checks that said to wait. */
  readonly waits: number;
}

/** What is known of one quota. */
export interface KnownQuota extends LearnedQuota {
  readonly observedAt: number;
}

interface Known {
  blockedUntil: number;
  /** When that was learned. */
  blockedAt: number;
  blockedBy: WaitReason;
  readonly quotas: Map<string, KnownQuota>;
}

const ONE_REQUEST: QuotaCost = { requests: 1 };
const DEFAULT_MOST_SUBJECTS = 10_000;
/** Of an upstream: a server can't fill memory by naming ever new ones. */
const MOST_QUOTAS = 32;
/** Resets that differ by less are the same: they are rounded to seconds, twice. */
const SAME_RESET_MS = 2_500;

/**
 * The quotas of upstreams (a provider, GitHub with a token), learned from what they answer: GitHub's and OpenAI's
 * `x-ratelimit-*`, Anthropic's, the IETF draft's `RateLimit`, `retry-after`, and refusals. A header that can't be understood
 * says nothing.
 *
 * Nothing is reserved: calls that are checked before the answer to the first of them pass together.
 */
export class UpstreamQuotas {
  readonly #reserveShare: number;
  readonly #mostSubjects: number;
  /** The one heard of longest ago first. */
  readonly #known = new Map<string, Known>();
  #forgotten = 0;
  #answers = 0;
  #limited = 0;
  #waits = 0;

  /** @throws TypeError naming the option */
  constructor({ reserveShare = DEFAULT_RESERVE_SHARE, mostSubjects }: UpstreamQuotasOptions = {}) {
    if (!(reserveShare >= 0 && reserveShare < 1))
      throw new TypeError(`reserveShare must be at least 0 and below 1, not ${String(reserveShare)}`);
    this.#reserveShare = reserveShare;
    this.#mostSubjects = wholeAtLeast1('mostSubjects', mostSubjects ?? DEFAULT_MOST_SUBJECTS);
  }

  /**
   * Learns from an answer.
   *
   * @param subject whose quota it is: a provider's id, a host with a token's id
   * @returns what {@link waitAfter} says of the answer alone
   */
  observe(subject: string, answer: UpstreamAnswer): QuotaWait | undefined {
    const { status, headers, now = Date.now() } = answer;
    this.#answers += 1;
    const known = this.#of(subject);
    for (const quota of quotasIn(headers, now)) learn(known, quota, now);
    const wait = waitAfter(answer, this.#reserveShare);
    if (wait === undefined) return undefined;
    this.#limited += 1;
    // What an answer that was not refused says of a quota stands with the quota.
    if (status >= 400) block(known, { until: now + wait.waitMs, at: now, by: wait.reason });
    return wait;
  }

  /**
   * Has {@link check} say to wait until `at`: what was learned elsewhere, such as before a restart. Makes no wait shorter, and
   * none longer than a day.
   *
   * @param at milliseconds since 1970
   * @throws TypeError where it is no number
   */
  block(subject: string, at: number, now = Date.now()): void {
    if (!Number.isFinite(at)) throw new TypeError(`at must be milliseconds since 1970, not ${String(at)}`);
    if (at > now) block(this.#of(subject), { until: now + boundedMs(at - now), at: now, by: 'elsewhere' });
  }

  /**
   * Whether a request may be sent now.
   *
   * @param cost default one request. More than a quota has at all passes when all of it is there
   * @returns undefined if so, else for how long not, and why
   */
  check(subject: string, cost: QuotaCost = ONE_REQUEST, now = Date.now()): QuotaWait | undefined {
    const known = this.#known.get(subject);
    if (known === undefined) return undefined;
    const wait = this.#waitFor(known, cost, now);
    if (wait !== undefined) this.#waits += 1;
    return wait;
  }

  /**
   * Ends what refusals said that were learned before a request was sent that did not fail, or at that time. What is known of
   * quotas stands.
   *
   * @param sentAt milliseconds since 1970
   */
  lift(subject: string, sentAt: number): void {
    const known = this.#known.get(subject);
    if (known !== undefined && known.blockedAt <= sentAt) known.blockedUntil = 0;
  }

  /** What is known of a subject's quotas, those that are whole again by now left out. */
  quotasOf(subject: string, now = Date.now()): readonly KnownQuota[] {
    const known = this.#known.get(subject);
    return known === undefined ? [] : [...known.quotas.values()].filter((quota) => endsAt(quota) > now);
  }

  statistics(): UpstreamQuotasStatistics {
    const counts = { answers: this.#answers, limited: this.#limited, waits: this.#waits };
    return { subjects: this.#known.size, forgotten: this.#forgotten, ...counts };
  }

  #waitFor(known: Known, cost: QuotaCost, now: number): QuotaWait | undefined {
    let longest: QuotaWait | undefined;
    if (known.blockedUntil > now) longest = { waitMs: known.blockedUntil - now, reason: known.blockedBy };
    for (const [key, quota] of known.quotas) {
      if (endsAt(quota) <= now) {
        known.quotas.delete(key);
        continue;
      }
      const needed = cost[quota.dimension];
      if (needed === undefined) continue;
      const waitMs = this.#untilThere(quota, needed, now);
      if (waitMs > (longest?.waitMs ?? 0)) longest = { waitMs, reason: 'quota', dimension: quota.dimension };
    }
    return longest;
  }

  #untilThere(quota: KnownQuota, cost: number, now: number): number {
    const { limit, remaining, resetMs, isGradual, observedAt } = quota;
    const needed = Math.min(limit ?? Infinity, cost + reserveOf(limit, this.#reserveShare));
    if (remaining >= needed) return 0;
    if (!isGradual || limit === undefined || limit <= remaining) return endsAt(quota) - now;
    const part = (needed - remaining) / (limit - remaining);
    return Math.max(0, Math.ceil(observedAt + resetMs * part - now));
  }

  #of(subject: string): Known {
    const known = this.#known.get(subject) ?? newlyKnown();
    this.#known.delete(subject);
    this.#known.set(subject, known);
    if (this.#known.size > this.#mostSubjects) {
      const [oldest] = this.#known.keys();
      this.#known.delete(oldest!);
      this.#forgotten += 1;
    }
    return known;
  }
}

function newlyKnown(): Known {
  return { blockedUntil: 0, blockedAt: 0, blockedBy: 'refused', quotas: new Map() };
}

function block(known: Known, { until, at, by }: { until: number; at: number; by: WaitReason }): void {
  if (until <= known.blockedUntil) return;
  known.blockedUntil = until;
  known.blockedAt = at;
  known.blockedBy = by;
}

/** Answers to requests that were under way together come in any order: of those of one window the least remains. */
function learn({ quotas }: Known, quota: LearnedQuota, now: number): void {
  const key = `${quota.dimension} ${quota.policy}`;
  const before = quotas.get(key);
  const learned = { ...quota, observedAt: now };
  const isSameWindow =
    before !== undefined && !quota.isGradual && Math.abs(endsAt(before) - endsAt(learned)) < SAME_RESET_MS;
  if (isSameWindow && before.limit === quota.limit) {
    quotas.set(key, { ...learned, remaining: Math.min(before.remaining, quota.remaining) });
  } else if (before !== undefined || quotas.size < MOST_QUOTAS) {
    quotas.set(key, learned);
  }
}

function endsAt({ observedAt, resetMs }: KnownQuota): number {
  return observedAt + resetMs;
}
