import { isTimeZone, offsetMs, transitionMs } from './time-zone.ts';

/** The kinds of window that a budget can have. */
export const WINDOW_KINDS = ['hour', 'day', 'week', 'month', 'total'] as const;

/** How long a budget's window lasts: an hour, a day, a week from Monday, a month, or for ever. */
export type WindowKind = (typeof WINDOW_KINDS)[number];

/** The half-open stretch of time `[startsAt, endsAt)`; `endsAt` is null for `total`, which never ends. */
export interface BudgetWindow {
  readonly startsAt: Date;
  readonly endsAt: Date | null;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * The window of that kind, in that time zone, that contains the instant.
 *
 * Guarantees: the instant lies in its window; all instants of a window give the same window; a window ends exactly where
 * the next begins. A day, week or month begins at the first instant at which the zone's clock shows its midnight, or
 * has passed it where midnight is skipped; so a day may have 23 or 25 hours. An hour is a stretch during which the clock shows one hour
 * at one offset: the repeated hour in autumn is two windows, and where the offset changes by part of an hour
 * (Australia/Lord_Howe) the window ends at the change.
 *
 * The same as PostgreSQL's three-argument `date_trunc(kind, instant, zone)`, but where that answers with two windows
 * that overlap, or with a start after the instant: see the README.
 *
 * `total` starts at the Unix epoch.
 *
 * @throws {RangeError} when the zone is not one ({@link isTimeZone}) or the instant is not a valid date
 */
export function windowAt(kind: WindowKind, timeZone: string, instant: Date): BudgetWindow {
  const atMs = instant.getTime();
  if (Number.isNaN(atMs)) throw new RangeError('The instant is not a valid date');
  if (!isTimeZone(timeZone)) throw new RangeError(`${JSON.stringify(timeZone)} is not an IANA time zone`);
  if (kind === 'total') return { startsAt: new Date(0), endsAt: null };
  const [startsMs, endsMs] = kind === 'hour' ? hourAt(timeZone, atMs) : calendarWindowAt(kind, timeZone, atMs);
  return { startsAt: new Date(startsMs), endsAt: new Date(endsMs) };
}

function hourAt(timeZone: string, atMs: number): [number, number] {
  const offset = offsetMs(timeZone, atMs);
  const startsMs = Math.floor((atMs + offset) / HOUR_MS) * HOUR_MS - offset;
  const endsMs = startsMs + HOUR_MS;
  return [
    offsetMs(timeZone, startsMs) === offset ? startsMs : transitionMs(timeZone, startsMs, atMs),
    offsetMs(timeZone, endsMs) === offset ? endsMs : transitionMs(timeZone, atMs, endsMs),
  ];
}

type CalendarKind = Exclude<WindowKind, 'hour' | 'total'>;

/** Local times are carried as if they were UTC, in milliseconds. */
function calendarWindowAt(kind: CalendarKind, timeZone: string, atMs: number): [number, number] {
  let local = truncate(kind, atMs + offsetMs(timeZone, atMs));
  let startsMs = firstInstantOf(timeZone, local);
  let endsMs = firstInstantOf(timeZone, following(kind, local));
  // Where a clock is set back across midnight, it shows the old day once more after the new one began.
  // Where a whole day was skipped, two starts fall on one instant.
  while (atMs >= endsMs) {
    local = following(kind, local);
    startsMs = endsMs;
    endsMs = firstInstantOf(timeZone, following(kind, local));
  }
  return [startsMs, endsMs];
}

function truncate(kind: CalendarKind, localMs: number): number {
  const date = new Date(Math.floor(localMs / DAY_MS) * DAY_MS);
  if (kind === 'month') date.setUTCDate(1);
  if (kind === 'week') date.setUTCDate(date.getUTCDate() - ((date.getUTCDay() + 6) % 7));
  return date.getTime();
}

function following(kind: CalendarKind, localMs: number): number {
  const date = new Date(localMs);
  if (kind === 'month') date.setUTCMonth(date.getUTCMonth() + 1);
  else date.setUTCDate(date.getUTCDate() + (kind === 'week' ? 7 : 1));
  return date.getTime();
}

/** The first instant at which the zone's clock shows this local time, or has passed it where it is skipped. */
function firstInstantOf(timeZone: string, localMs: number): number {
  // No offset is larger than 14 hours, so these two instants enclose the one that is looked for, and zones change their
  // offset at most once in two days.
  const earlierMs = localMs - DAY_MS;
  const laterMs = localMs + DAY_MS;
  const offsetBefore = offsetMs(timeZone, earlierMs);
  const offsetAfter = offsetMs(timeZone, laterMs);
  if (offsetBefore === offsetAfter) return localMs - offsetBefore;
  const changeMs = transitionMs(timeZone, earlierMs, laterMs);
  const byOldOffsetMs = localMs - offsetBefore;
  return byOldOffsetMs < changeMs ? byOldOffsetMs : Math.max(changeMs, localMs - offsetAfter);
}
