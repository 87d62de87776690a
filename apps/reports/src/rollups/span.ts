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
 * The span that is asked for: as it is given, and `end` where no `to` is; the 24 hours before that where no `from` is.
 *
 * @throws DomainError `invalid_request` naming `from`, where it is reversed, empty or longer than `maxDays`
 */
export function spanOf(asked: { from?: string; to?: string }, end: Date, maxDays = MAX_SPAN_DAYS): Span {
  const to = asked.to === undefined ? end : new Date(asked.to);
  const from = asked.from === undefined ? new Date(to.getTime() - DEFAULT_SPAN_MS) : new Date(asked.from);
  refuseReversed({ from, to });
  if (to.getTime() - from.getTime() <= maxDays * LENGTH_MS.day) return { from, to };
  throw invalidField('from', `must be at most ${maxDays} days before "to" (${to.toISOString()})`);
}

/** Where the hour that runs at `now` begins, and where it ends. */
export function hourOf(now: Date): Span {
  const fromMs = Math.floor(now.getTime() / LENGTH_MS.hour) * LENGTH_MS.hour;
  return { from: new Date(fromMs), to: new Date(fromMs + LENGTH_MS.hour) };
}

/**
 * The same for sums by interval.
 *
 * @throws DomainError `invalid_request` where it is reversed or empty, or has more than {@link MAX_SUMS} intervals
 */
export function intervalSpanOf(asked: { from?: string; to?: string; interval: Interval }, end: Date): Span {
  const { from, to } = spanOf(asked, end, Infinity);
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
