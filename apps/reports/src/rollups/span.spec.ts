import { describe, expect, it } from '@jest/globals';
import { intervalSpanOf, spanOf } from './span.ts';

const now = new Date('2026-03-01T12:34:56.789Z');
const span = (asked: Parameters<typeof intervalSpanOf>[0]) => {
  const { from, to } = intervalSpanOf(asked, now);
  return [from.toISOString(), to.toISOString()];
};

describe('the span of sums', () => {
  it.each([
    [{}, '2026-02-28T13:00:00.000Z', '2026-03-01T13:00:00.000Z'],
    // Of what is not past yet nothing is known: the running hour counts as far as there is anything.
    [{ to: '2026-03-01T12:34:56.789Z' }, '2026-02-28T13:00:00.000Z', '2026-03-01T13:00:00.000Z'],
    [{ to: '2026-03-01T12:34:56.788Z' }, '2026-02-28T12:34:56.788Z', '2026-03-01T12:34:56.788Z'],
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
    expect(() => intervalSpanOf({ ...asked, interval: 'hour' }, now)).toThrow(/^from: must be before "to" \(2026-/);
  });

  const start = '2026-01-01T00:00:00Z';
  const after = (ms: number) => new Date(Date.parse(start) + ms).toISOString();
  it.each([
    ['minute' as const, 60_000],
    ['hour' as const, 3_600_000],
    ['day' as const, 86_400_000],
  ])('takes 10 000 intervals, no more: %s', (interval, lengthMs) => {
    expect(span({ from: start, to: after(10_000 * lengthMs), interval })).toHaveLength(2);
    expect(() => intervalSpanOf({ from: start, to: after(10_000 * lengthMs + 1), interval }, now)).toThrow(
      /^interval: must give at most 10000 intervals .* gives 10001$/,
    );
    // A span that begins inside an interval touches one more.
    expect(() => intervalSpanOf({ from: after(1), to: after(10_000 * lengthMs + 1), interval }, now)).toThrow(
      /gives 10001$/,
    );
  });
});

describe('the span of totals', () => {
  it('is at most as long as is allowed', () => {
    const [from, to] = ['2026-01-30T13:00:00Z', '2026-03-01T13:00:00Z'];
    expect(spanOf({ from }, now, 30)).toEqual({ from: new Date(from), to: new Date(to) });
    const longer = { from: '2026-01-30T12:59:59.999Z' };
    expect(() => spanOf(longer, now, 30)).toThrow(/^from: must be at most 30 days before "to" \(2026-03-01/);
    expect(() => spanOf({ from: '0000-01-01T00:00:00Z' }, now)).toThrow(/^from: must be at most 3660 days/);
  });
});
