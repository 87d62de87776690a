import type { HttpAnswer } from './answer-reader.ts';

/** The peer's own limits, learned from its answers: `UpstreamQuotas` of `@purser/rate-limiting` is one as it stands. */
export interface Quota {
  /**
   * @param subject whose limits: a token's, an account's
   * @returns undefined where a request may be sent now, else for how long not
   */
  check(subject: string): { readonly waitMs: number } | undefined;
  /** Told of each answer; of one that broke off or was too large with an empty body. */
  observe(subject: string, answer: HttpAnswer): unknown;
}

/** The peer wants nothing more to be sent for now, so nothing was. */
export class QuotaSpentError extends Error {
  override readonly name = 'QuotaSpentError';
  readonly code = 'quota_spent';
  readonly subject: string;
  readonly retryAfterMs: number;
  readonly retryable = true;

  constructor(origin: string, subject: string, retryAfterMs: number) {
    super(`${origin} wants nothing more from ${subject} for ${Math.ceil(retryAfterMs / 1_000)} s`);
    this.subject = subject;
    this.retryAfterMs = retryAfterMs;
  }
}
