import { describe, expect, it } from '@jest/globals';
import { hourOf, intervalSpanOf, spanOf } from './span.ts';

const now = new Date('2026-03-01T12:34:56.789Z');
const end = hourOf(now).to;
const span = (asked: Parameters<typeof intervalSpanOf>[0]) => {
  const { from, to } = intervalSpanOf(asked, end);
  return [from.toISOString(), to.toISOString()];
};

describe('the span of sums', () => {
  it.each([
    [{}, '2026-02-28T13:00:00.000Z', '2026-03-01T13:00:00.000Z'],
    // A `to` that is given stays as it is, also where a clock is ahead of ours.
    [{ to: '2026-03-01T12:34:56.789Z' }, '2026-02-28T12:34:56.789Z', '2026-03-01T12:34:56.789Z'],
    [{ to: '2026-03-01T12:34:57.789Z' }, '2026-02-28T12:34:57.789Z', '2026-03-01T12:34:57.789Z'],
    [{ to: '2026-03-01T13:00:00.001Z' }, '2026-02-28T13:00:00.001Z', '2026-03-01T13:00:00.001Z'],
    [{ to: '2026-01-02T00:00:00Z' }, '2026-01-01T00:00:00.000Z', '2026-01-02T00:00:00.000Z'],
    [{ from: '2026-03-01T00:00:00Z' }, '2026-03-01T00:00:00.000Z', '2026-03-01T13:00:00.000Z'],
    [
      { from: '2025-01-01T00:00:00Z', to: '2026-01-01T00:00:00Z' },
      '2025-01-01T00:00:00.000Z',
      '2026-01-01T00:00:00.000Z',
    ],
  ])('reads %j', (asked, from, to) => {
    expect(span({ ...asked, interval: 'hour' })).toEqual([from, to]);
  });

  it.each([
    { from: '2026-01-02T00:00:00Z', to: '2026-01-01T00:00:00Z' },
    { from: '2026-01-01T00:00:00Z', to: '2026-01-01T00:00:00Z' },
    { from: '2026-03-01T13:00:00Z' },
  ])('refuses what is reversed or empty: %j', (asked) => {
    expect(() => intervalSpanOf({ ...asked, interval: 'hour' }, end)).toThrow(/^from: must be before "to" \(2026-/);
  });

  const start = '2026-01-01T00:00:00Z';
  const after = (ms: number) => new Date(Date.parse(start) + ms).toISOString();
  it.each([
    ['minute' as const, 60_000],
    ['hour' as const, 3_600_000],
    ['day' as const, 86_400_000],
  ])('takes 10 000 intervals, no more: %s', (interval, lengthMs) => {
    expect(span({ from: start, to: after(10_000 * lengthMs), interval })).toHaveLength(2);
    expect(() => intervalSpanOf({ from: start, to: after(10_000 * lengthMs + 1), interval }, end)).toThrow(
      /^interval: must give at most 10000 intervals .* gives 10001$/,
    );
    // A span that begins inside an interval touches one more.
    expect(() => intervalSpanOf({ from: after(1), to: after(10_000 * lengthMs + 1), interval }, end)).toThrow(
      /gives 10001$/,
    );
  });
});

describe('the span of totals', () => {
  it('is at most as long as is allowed', () => {
    const from = '2026-01-30T12:34:56.789Z';
    expect(spanOf({ from }, now, 30)).toEqual({ from: new Date(from), to: now });
    const longer = { from: '2026-01-30T12:34:56.788Z' };
    expect(() => spanOf(longer, now, 30)).toThrow(/^from: must be at most 30 days before "to" \(2026-03-01T12:34/);
    expect(() => spanOf({ from: '0000-01-01T00:00:00Z' }, now)).toThrow(/^from: must be at most 3660 days/);
  });
});

describe('the running hour', () => {
  it.each([
    ['2026-03-01T12:34:56.789Z', '2026-03-01T12:00:00.000Z', '2026-03-01T13:00:00.000Z'],
    ['2026-03-01T12:00:00.000Z', '2026-03-01T12:00:00.000Z', '2026-03-01T13:00:00.000Z'],
    ['2026-03-01T11:59:59.999Z', '2026-03-01T11:00:00.000Z', '2026-03-01T12:00:00.000Z'],
  ])('at %s begins and ends with the clock', (at, from, to) => {
    expect(hourOf(new Date(at))).toEqual({ from: new Date(from), to: new Date(to) });
  });
});
