/** Of an answer, by names in lower case, as Node and undici give them. */
export type AnswerHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** No server sends anybody to sleep for longer. */
const MAX_WAIT_MS = 24 * 3_600_000;
/** Dates and times of servers are whole seconds. */
const ROUNDING_MS = 1_000;
/** A number that is at least this is a point in time in seconds since 1970, not a span. */
const FIRST_SECOND = 1e9;
/** The same, of milliseconds. */
const FIRST_MILLISECOND = 1e12;
const DURATION =
  /^(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m(?!s))?(?:(\d{1,9}(?:\.\d{1,9})?)s)?(?:(\d{1,9}(?:\.\d{1,9})?)ms)?$/;
const UNITS_MS = [86_400_000, 3_600_000, 60_000, 1_000, 1];

/** A header that came once. */
export function textOf(headers: AnswerHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value.trim() : undefined;
}

/** A whole number of at least 0. */
export function countOf(headers: AnswerHeaders, name: string): number | undefined {
  const text = textOf(headers, name);
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** The server's own clock: what it says of times is counted from there. */
export function clockOf(headers: AnswerHeaders, now: number): number {
  const at = Date.parse(textOf(headers, 'date') ?? '');
  return Number.isNaN(at) ? now : at;
}

/** How long until a point in time of the server. */
export function untilMs(at: number, headers: AnswerHeaders, now: number): number {
  return boundedMs(at - clockOf(headers, now) + ROUNDING_MS);
}

/** From 0 to a day. */
export function boundedMs(ms: number): number {
  return Math.min(Math.max(ms, 0), MAX_WAIT_MS);
}

/** A span such as `20ms`, `1s`, `6m0s`, `1h2m3.5s`, or seconds without a unit. */
export function durationMs(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  if (/^\d{1,9}(?:\.\d{1,9})?$/.test(text)) return boundedMs(Number(text) * 1_000);
  const parts = DURATION.exec(text);
  if (!parts) return undefined;
  return boundedMs(UNITS_MS.reduce((sum, unit, index) => sum + Number(parts[index + 1] ?? 0) * unit, 0));
}

/** How long until a reset: a point in time in seconds or milliseconds since 1970, else a span in seconds. */
export function resetMs(value: number, headers: AnswerHeaders, now: number): number {
  if (value >= FIRST_MILLISECOND) return untilMs(value, headers, now);
  return value >= FIRST_SECOND ? untilMs(value * 1_000, headers, now) : boundedMs(value * 1_000);
}

/** What `retry-after-ms` and `retry-after` say: milliseconds, seconds, or a date by the server's clock. */
export function retryAfterMs(headers: AnswerHeaders, now: number): number | undefined {
  const ms = textOf(headers, 'retry-after-ms');
  if (ms !== undefined && /^\d{1,12}(?:\.\d{1,9})?$/.test(ms)) return boundedMs(Number(ms));
  const text = textOf(headers, 'retry-after');
  if (text === undefined) return undefined;
  if (/^\d{1,15}(?:\.\d{1,9})?$/.test(text)) return boundedMs(Number(text) * 1_000);
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : untilMs(at, headers, now);
}
