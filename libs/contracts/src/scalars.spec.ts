import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { jsonSchemaOf, validate } from './index.ts';
import { instant } from './scalars.ts';

const asked = z.strictObject({ from: instant.optional(), until: instant.nullable().default(null) });

describe('an instant', () => {
  it.each([
    ['2026-11-27T12:30:05Z', '2026-11-27T12:30:05Z'],
    ['2026-11-27T12:30:05.123456Z', '2026-11-27T12:30:05.123456Z'],
    ['2026-11-27T12:30Z', '2026-11-27T12:30:00.000Z'],
    ['2026-11-27T12:30:05+00:00', '2026-11-27T12:30:05.000Z'],
    ['2026-11-27T12:30:05.5-05:30', '2026-11-27T18:00:05.500Z'],
    ['2026-01-01T00:30+01:00', '2025-12-31T23:30:00.000Z'],
    ['2026-11-27', '2026-11-27T00:00:00.000Z'],
    ['2028-02-29', '2028-02-29T00:00:00.000Z'],
    ['0000-01-01T00:00:00Z', '0000-01-01T00:00:00Z'],
    ['9999-12-31', '9999-12-31T00:00:00.000Z'],
  ])('%s is %s, and that is itself', (given, read) => {
    expect(validate(asked, { from: given, until: given })).toEqual({ from: read, until: read });
    expect(validate(asked, { from: read })).toEqual({ from: read, until: null });
  });

  it.each([
    ...['2026-02-29', '2026-02-30T00:00:00Z', '2026-13-01', '2026-00-10', '2026-11-31T00:00+01:00', '2026-1-1'],
    ...['2026-11-27T24:00:00Z', '2026-11-27T12:60Z', '2026-11-27T12:30:05', '2026-11-27T12:30:05+25:00'],
    ...[
      '2026-11-27 12:30:05Z',
      '2026-11-27T12Z',
      '20261127',
      '2026-W48',
      '2026',
      '1764246605',
      '',
      'today',
      '+012026-01-01',
    ],
    ...['9999-12-31T23:59-05:00', '0000-01-01T00:00+01:00'],
    ...[1_764_246_605, true, {}, ['2026-11-27']],
  ])('is not %j', (given) => {
    const message =
      /^from: must be an ISO 8601 time, such as 2026-01-31T12:00:00Z, 2026-01-31T13:00\+01:00 or 2026-01-31$/;
    expect(() => validate(asked, { from: given })).toThrow(message);
  });

  it('is described as a time or a date', () => {
    const { properties } = jsonSchemaOf(asked, 'input') as { properties: Record<string, unknown> };
    const [exact, minutes, date] = (properties['from'] as { anyOf: { format: string; pattern: string }[] }).anyOf;
    expect([exact, minutes, date].map((each) => each?.format)).toEqual(['date-time', undefined, 'date']);
    expect('2026-11-27T12:30:05.5-05:30').toMatch(new RegExp(exact!.pattern));
    expect('2026-11-27T12:30Z').toMatch(new RegExp(minutes!.pattern));
    expect('2026-11-27').toMatch(new RegExp(date!.pattern));
  });
});
