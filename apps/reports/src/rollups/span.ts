import { invalidField } from '@purser/errors';

/** A span of time: `from` is in it, `to` is not. */
export interface Span {
  readonly from: Date;
  readonly to: Date;
}

export type Interval = 'minute' | 'hour' | 'day';

/** The most rows that sums are given in. */
export const MAX_SUMS = 10_000;

const LENGTH_MS: Readonly<Record<Interval, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };
const DEFAULT_SPAN_MS = LENGTH_MS.day;

/** The longest span that is summed over as a whole. */
export const MAX_SPAN_DAYS = 3_660;

/**
 * The span that is asked for: the 24 hours up to `to`, which is the end of the running hour unless it is given. So is a
 * `to` that is in that hour and not past yet, since nothing is known of what comes after `now`: rollups tell the hour.
 *
 * @throws DomainError `invalid_request` naming `from`, where it is reversed, empty or longer than `maxDays`
 */
export function spanOf(asked: { from?: string; to?: string }, now: Date, maxDays = MAX_SPAN_DAYS): Span {
  const to = endOf(asked.to === undefined ? now : new Date(asked.to), now);
  const from = asked.from === undefined ? new Date(to.getTime() - DEFAULT_SPAN_MS) : new Date(asked.from);
  refuseReversed({ from, to });
  if (to.getTime() - from.getTime() <= maxDays * LENGTH_MS.day) return { from, to };
  throw invalidField('from', `must be at most ${maxDays} days before "to" (${to.toISOString()})`);
}

function endOf(to: Date, now: Date): Date {
  const hourEndsMs = (Math.floor(now.getTime() / LENGTH_MS.hour) + 1) * LENGTH_MS.hour;
  return now <= to && to.getTime() < hourEndsMs ? new Date(hourEndsMs) : to;
}

/**
 * The same for sums by interval.
 *
 * @throws DomainError `invalid_request` where it is reversed or empty, or has more than {@link MAX_SUMS} intervals
 */
export function intervalSpanOf(asked: { from?: string; to?: string; interval: Interval }, now: Date): Span {
  const { from, to } = spanOf(asked, now, Infinity);
  const count = intervalsIn({ from, to }, asked.interval);
  if (count <= MAX_SUMS) return { from, to };
  throw invalidField(
    'interval',
    `must give at most ${MAX_SUMS} intervals from ${from.toISOString()} to ${to.toISOString()}; "${asked.interval}" gives ${count}`,
  );
}

/** @throws DomainError `invalid_request` naming `from`, where both ends are given and nothing lies between them */
export function refuseReversed({ from, to }: { from?: Date | undefined; to?: Date | undefined }): void {
  if (!from || !to || from < to) return;
  throw invalidField('from', `must be before "to" (${to.toISOString()})`);
}

/** How many whole intervals of UTC the span touches. Minutes, hours and days all begin at the epoch. */
function intervalsIn({ from, to }: Span, interval: Interval): number {
  const lengthMs = LENGTH_MS[interval];
  return Math.ceil(to.getTime() / lengthMs) - Math.floor(from.getTime() / lengthMs);
}
