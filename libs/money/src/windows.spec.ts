import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isTimeZone } from './time-zone.ts';
import { WINDOW_KINDS, windowAt } from './windows.ts';
import type { WindowKind } from './windows.ts';

function bounds(kind: WindowKind, timeZone: string, instant: string): string[] {
  const { startsAt, endsAt } = windowAt(kind, timeZone, new Date(instant));
  return [startsAt, endsAt!].map((date) => date.toISOString().replace(/:00\.000Z$/, 'Z'));
}

describe('windowAt', () => {
  it.each<[WindowKind, string, string, string, string]>([
    ['hour', 'UTC', '2026-11-20T12:34:56.789Z', '2026-11-20T12:00Z', '2026-11-20T13:00Z'],
    ['day', 'UTC', '2026-11-20T12:34Z', '2026-11-20T00:00Z', '2026-11-21T00:00Z'],
    ['week', 'UTC', '2026-11-20T12:34Z', '2026-11-16T00:00Z', '2026-11-23T00:00Z'],
    ['week', 'UTC', '2026-11-22T23:59:59.999Z', '2026-11-16T00:00Z', '2026-11-23T00:00Z'],
    ['week', 'UTC', '2026-11-23T00:00Z', '2026-11-23T00:00Z', '2026-11-30T00:00Z'],
    ['month', 'UTC', '2026-12-31T23:59Z', '2026-12-01T00:00Z', '2027-01-01T00:00Z'],
    ['month', 'UTC', '2028-02-29T10:00Z', '2028-02-01T00:00Z', '2028-03-01T00:00Z'],
    ['hour', 'Asia/Kathmandu', '2026-04-04T14:05Z', '2026-04-04T13:15Z', '2026-04-04T14:15Z'],
    ['day', 'Asia/Tokyo', '2026-11-20T15:00Z', '2026-11-20T15:00Z', '2026-11-21T15:00Z'],
    ['month', 'America/New_York', '2026-11-20T00:00Z', '2026-11-01T04:00Z', '2026-12-01T05:00Z'],
  ])('%s in %s at %s', (kind, timeZone, instant, starts, ends) => {
    expect(bounds(kind, timeZone, instant)).toEqual([starts, ends]);
  });

  it('has days of 23 and of 25 hours where the clock changes', () => {
    expect(bounds('day', 'Europe/Berlin', '2026-03-29T10:00Z')).toEqual(['2026-03-28T23:00Z', '2026-03-29T22:00Z']);
    expect(bounds('day', 'Europe/Berlin', '2026-10-25T10:00Z')).toEqual(['2026-10-24T22:00Z', '2026-10-25T23:00Z']);
  });

  it('takes the repeated hour for two windows, and has none for the skipped one', () => {
    expect(bounds('hour', 'America/New_York', '2026-11-01T05:30Z')).toEqual(['2026-11-01T05:00Z', '2026-11-01T06:00Z']);
    expect(bounds('hour', 'America/New_York', '2026-11-01T06:30Z')).toEqual(['2026-11-01T06:00Z', '2026-11-01T07:00Z']);
    expect(bounds('hour', 'America/New_York', '2026-03-08T07:30Z')).toEqual(['2026-03-08T07:00Z', '2026-03-08T08:00Z']);
  });

  it('cuts an hour where the offset changes by half an hour', () => {
    expect(bounds('hour', 'Australia/Lord_Howe', '2026-04-04T14:45Z')).toEqual([
      '2026-04-04T14:00Z',
      '2026-04-04T15:00Z',
    ]);
    expect(bounds('hour', 'Australia/Lord_Howe', '2026-04-04T15:15Z')).toEqual([
      '2026-04-04T15:00Z',
      '2026-04-04T15:30Z',
    ]);
    expect(bounds('hour', 'Australia/Lord_Howe', '2026-10-03T15:45Z')).toEqual([
      '2026-10-03T15:30Z',
      '2026-10-03T16:00Z',
    ]);
  });

  it('begins a day after a skipped midnight', () => {
    expect(bounds('day', 'America/Sao_Paulo', '2018-11-04T03:30Z')).toEqual(['2018-11-04T03:00Z', '2018-11-05T02:00Z']);
  });

  it('begins a day at the first of two midnights', () => {
    for (const instant of ['2026-11-01T04:00Z', '2026-11-01T04:30Z', '2026-11-01T05:30Z', '2026-11-02T04:59Z']) {
      expect(bounds('day', 'America/Havana', instant)).toEqual(['2026-11-01T04:00Z', '2026-11-02T05:00Z']);
    }
  });

  it('keeps an hour with the new day when the clock goes back across midnight', () => {
    const sunday = ['2010-11-07T02:30Z', '2010-11-08T03:30Z'];
    expect(bounds('day', 'America/St_Johns', '2010-11-07T02:30:30Z')).toEqual(sunday);
    expect(bounds('day', 'America/St_Johns', '2010-11-07T02:45Z')).toEqual(sunday);
    expect(bounds('day', 'America/St_Johns', '2010-11-07T03:45Z')).toEqual(sunday);
  });

  it('passes over a day that a zone skipped', () => {
    expect(bounds('day', 'Pacific/Apia', '2011-12-30T09:59Z')).toEqual(['2011-12-29T10:00Z', '2011-12-30T10:00Z']);
    expect(bounds('day', 'Pacific/Apia', '2011-12-30T10:00Z')).toEqual(['2011-12-30T10:00Z', '2011-12-31T10:00Z']);
  });

  it('has a total that never ends', () => {
    expect(windowAt('total', 'UTC', new Date())).toEqual({ startsAt: new Date(0), endsAt: null });
  });

  it('refuses an unknown zone and an invalid date', () => {
    expect(() => windowAt('day', 'Mars/Olympus', new Date())).toThrow('"Mars/Olympus" is not an IANA time zone');
    expect(() => windowAt('day', 'UTC', new Date(NaN))).toThrow('not a valid date');
  });

  const kinds = fc.constantFrom(...WINDOW_KINDS.filter((kind) => kind !== 'total'));
  const zones = fc.constantFrom(
    ...['UTC', 'Europe/Berlin', 'America/New_York', 'America/Havana', 'Atlantic/Azores', 'America/St_Johns'],
    ...[
      'Australia/Lord_Howe',
      'Pacific/Chatham',
      'Pacific/Apia',
      'Asia/Kathmandu',
      'Africa/Cairo',
      'Africa/Casablanca',
    ],
  );
  const instants = fc.date({ min: new Date('2009-01-01'), max: new Date('2031-01-01'), noInvalidDate: true });
  // Changes of the clock are rare among random instants: most of these lie within hours of one.
  const changes = [
    '2010-11-07T03:31Z',
    '2011-12-30T10:00Z',
    '2026-03-29T01:00Z',
    '2026-10-25T01:00Z',
    '2026-11-01T05:00Z',
  ];
  const nearChanges = fc
    .tuple(fc.constantFrom(...changes, '2026-04-04T15:00Z', '2026-10-03T15:30Z'), fc.integer({ min: -1e8, max: 1e8 }))
    .map(([change, awayMs]) => new Date(Date.parse(change) + awayMs));

  it('contains its instant, and tiles time with its neighbours without a gap or an overlap', () => {
    fc.assert(
      fc.property(kinds, zones, fc.oneof(instants, nearChanges), (kind, zone, instant) => {
        const { startsAt, endsAt } = windowAt(kind, zone, instant);
        expect(startsAt.getTime()).toBeLessThanOrEqual(instant.getTime());
        expect(endsAt!.getTime()).toBeGreaterThan(instant.getTime());
        expect(windowAt(kind, zone, endsAt!).startsAt).toEqual(endsAt);
        expect(windowAt(kind, zone, new Date(startsAt.getTime() - 1)).endsAt).toEqual(startsAt);
      }),
      { numRuns: 400 },
    );
  });

  it('is the same window for every instant in it', () => {
    fc.assert(
      fc.property(
        kinds,
        zones,
        nearChanges,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (kind, zone, instant, share) => {
          const window = windowAt(kind, zone, instant);
          const startMs = window.startsAt.getTime();
          const lengthMs = window.endsAt!.getTime() - startMs;
          const other = new Date(startMs + Math.min(Math.floor(lengthMs * share), lengthMs - 1));
          expect(windowAt(kind, zone, other)).toEqual(window);
        },
      ),
      { numRuns: 400 },
    );
  });
});

describe('isTimeZone', () => {
  it.each(['UTC', 'GMT', 'Europe/Berlin', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5', 'europe/berlin'])(
    'accepts %s',
    (name) => expect(isTimeZone(name)).toBe(true),
  );

  it.each(['', 'PST', 'IST', 'EST5EDT', '+05:30', 'Mars/Olympus', 'Europe/Berlin ', '../etc', `A/${'b'.repeat(100)}`])(
    'refuses %j',
    (name) => expect(isTimeZone(name)).toBe(false),
  );

  it('refuses what is not a string', () => {
    expect(isTimeZone(undefined as never)).toBe(false);
  });
});
