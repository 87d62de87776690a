import type { IncomingHttpHeaders } from 'node:http';

/** What is left of the quota to others who use the same token or address. */
const RESERVE_SHARE = 0.02;
/** Where GitHub limits without saying for how long: it asks for a minute at least. */
const UNTOLD_WAIT_MS = 60_000;
/** No server sends a source to sleep for longer. */
const MAX_WAIT_MS = 24 * 3_600_000;
/** `x-ratelimit-reset` and `date` are whole seconds. */
const ROUNDING_MS = 1_000;
const LIMITED = /rate limit|abuse detection/i;

/**
 * How long no further request may be sent after this answer; null where one may be sent at once. Obeys `retry-after`, the
 * secondary limits and the primary one, of which it leaves the last 2 %, one request at least. Times are counted from the
 * server's own clock.
 *
 * @param message of an answer that is an error, as GitHub puts it
 */
export function waitAfter(status: number, headers: IncomingHttpHeaders, message: string, now: number): number | null {
  const retryMs = retryAfterMs(headers['retry-after'], headers.date, now);
  if (status === 503) return retryMs;
  const spent = untilResetMs(headers, now);
  if (status !== 403 && status !== 429) return spent;
  if (retryMs !== null) return retryMs;
  if (count(headers['x-ratelimit-remaining']) === 0 && spent !== null) return spent;
  return status === 429 || LIMITED.test(message) ? UNTOLD_WAIT_MS : null;
}

/** How long until the quota is whole again, where this answer leaves no more of it than others shall have. */
function untilResetMs(headers: IncomingHttpHeaders, now: number): number | null {
  const [limit, remaining, reset] = ['limit', 'remaining', 'reset'].map((name) =>
    count(headers[`x-ratelimit-${name}`]),
  );
  if (limit == null || remaining == null || reset == null) return null;
  if (remaining > Math.max(1, Math.floor(limit * RESERVE_SHARE))) return null;
  return bounded(reset * 1_000 - clockOf(headers.date, now) + ROUNDING_MS);
}

function retryAfterMs(header: string | undefined, date: string | undefined, now: number): number | null {
  if (header === undefined) return null;
  const seconds = count(header);
  if (seconds !== null) return bounded(seconds * 1_000);
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : bounded(at - clockOf(date, now) + ROUNDING_MS);
}

function bounded(ms: number): number {
  return Math.min(Math.max(ms, 0), MAX_WAIT_MS);
}

function clockOf(date: string | undefined, now: number): number {
  const at = Date.parse(date ?? '');
  return Number.isNaN(at) ? now : at;
}

function count(header: string | string[] | undefined): number | null {
  return typeof header === 'string' && /^\d{1,15}$/.test(header) ? Number(header) : null;
}
