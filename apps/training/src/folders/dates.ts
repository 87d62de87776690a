const PATTERN =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ]+(\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(?:([Zz]|UTC)|([+-])(\d{2}):?(\d{2}))?)?$/;
const MINUTE_MS = 60_000;

/**
 * The instant that a date in front matter means: `2026-01-31`, with or without a time, seconds and a zone; UTC where it
 * names none. Null for anything else, also for days that no calendar has.
 */
export function readDate(text: string): Date | null {
  const match = PATTERN.exec(text);
  if (match === null) return null;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = ''] = match;
  const day0 = calendarDay(Number(year), Number(month), Number(day));
  if (day0 === null || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return null;
  const milliseconds = Number(fraction.padEnd(3, '0').slice(0, 3));
  const time = ((Number(hour) * 60 + Number(minute)) * 60 + Number(second)) * 1_000 + milliseconds;
  return new Date(day0 + time - offsetMinutes(match) * MINUTE_MS);
}

/** The day of `YYMMDD`, as ids carry it, at midnight UTC; null where there is no such day. */
export function readIdDate(digits: string): Date | null {
  const [year, month, day] = [digits.slice(0, 2), digits.slice(2, 4), digits.slice(4, 6)].map(Number);
  const start = calendarDay(2000 + year!, month!, day!);
  return start === null ? null : new Date(start);
}

// Date.UTC takes 31 February for 3 March; a date that is not given back as it came in is not one.
function calendarDay(year: number, month: number, day: number): number | null {
  const start = new Date(Date.UTC(year, month - 1, day));
  const same = start.getUTCFullYear() === year && start.getUTCMonth() === month - 1 && start.getUTCDate() === day;
  return same ? start.getTime() : null;
}

function offsetMinutes(match: RegExpExecArray): number {
  const [sign, hours, minutes] = match.slice(9);
  if (sign === undefined) return 0;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}
