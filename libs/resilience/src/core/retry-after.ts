const SECONDS = /^\s*\d+\s*$/;

/**
 * What an answer's header `Retry-After` asks for, in milliseconds from now: seconds or a date (RFC 9110, section 10.2.3), 0 for a
 * date that is over. Undefined where it is not there or means nothing. For `retryAfterMs` of an error that is thrown for it.
 *
 * @param now milliseconds since 1970
 */
export function parseRetryAfter(header: string | null | undefined, now = Date.now()): number | undefined {
  if (typeof header !== 'string') return undefined;
  if (SECONDS.test(header)) return Number(header) * 1_000;
  const at = /[a-z]/i.test(header) ? Date.parse(header) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
