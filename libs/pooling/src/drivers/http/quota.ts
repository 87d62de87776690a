import type { IncomingHttpHeaders } from 'node:http';

/** Whether a request may be sent, by what the peer has said of its own limits. */
export type QuotaVerdict = { readonly allowed: true } | { readonly allowed: false; readonly retryAfterMs: number };

/** The peer's own limits, learned from its answers: such as those of `@purser/rate-limiting`. */
export interface Quota {
  /** @param subject whose limits: a token's, an account's */
  check(subject: string): QuotaVerdict;
  /** Told of each answer. */
  observe(subject: string, answer: { readonly status: number; readonly headers: IncomingHttpHeaders }): void;
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
