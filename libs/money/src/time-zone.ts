const formats = new Map<string, Intl.DateTimeFormat>();
/** Names come from outside and are matched whatever their case, so the cache needs a bound; IANA lists about 600. */
const MAX_FORMATS = 1_000;
const ZONE_NAME = /^(?:UTC|GMT|[A-Za-z][\w+-]*(?:\/[A-Za-z][\w+-]*){1,2})$/i;
const OFFSET = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/;

/**
 * Whether the name is `UTC`, `GMT` or an IANA zone of the form `Area/Location` that this runtime knows, whatever the case.
 *
 * Bare offsets (`+05:30`) and abbreviations (`PST`, `IST`, `EST5EDT`) are not: PostgreSQL reads the first with the
 * opposite sign, and the second don't mean the same everywhere.
 */
export function isTimeZone(name: string): boolean {
  if (typeof name !== 'string' || name.length > 64 || !ZONE_NAME.test(name)) return false;
  try {
    offsetFormat(name);
    return true;
  } catch {
    return false;
  }
}

/** What has to be added to UTC at this instant to get the zone's local time, in milliseconds. */
export function offsetMs(timeZone: string, instantMs: number): number {
  if (timeZone === 'UTC') return 0;
  const match = OFFSET.exec(offsetFormat(timeZone).format(instantMs));
  if (match === null) throw new Error(`The runtime gave no offset for time zone ${timeZone}`);
  const [, sign, hours = '0', minutes = '0', seconds = '0'] = match;
  const size = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1_000;
  return sign === '-' ? -size : size;
}

/**
 * The first instant of `(beforeMs, atMs]` at which the offset of `atMs` holds, given that the offset changed once in it.
 */
export function transitionMs(timeZone: string, beforeMs: number, atMs: number): number {
  const target = offsetMs(timeZone, atMs);
  let before = beforeMs;
  let after = atMs;
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (offsetMs(timeZone, middle) === target) after = middle;
    else before = middle;
  }
  return after;
}

function offsetFormat(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  if (formats.size >= MAX_FORMATS) formats.clear();
  formats.set(timeZone, format);
  return format;
}
