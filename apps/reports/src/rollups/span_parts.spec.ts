import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { grains, partsOf } from './span-parts.ts';

const at = (text: string) => new Date(`2026-03-${text}Z`);
const told = (from: string, to: string, coarsest: (typeof grains)[number]) =>
  partsOf({ from: at(from), to: at(to) }, coarsest).map(
    (part) => `${part.grain} ${part.from.toISOString().slice(8, 19)} ${part.to.toISOString().slice(8, 19)}`,
  );

describe('partsOf', () => {
  it('reads days from within, then hours, then rows at the edges', () => {
    expect(told('01T22:30:00', '04T01:00:01', 'day')).toEqual([
      'row 01T22:30:00 01T23:00:00',
      'hour 01T23:00:00 02T00:00:00',
      'day 02T00:00:00 04T00:00:00',
      'hour 04T00:00:00 04T01:00:00',
      'row 04T01:00:00 04T01:00:01',
    ]);
  });

  it.each([
    ['01T10:10:00', '01T10:50:00', 'day', ['row 01T10:10:00 01T10:50:00']],
    ['01T10:59:59', '01T11:00:01', 'hour', ['row 01T10:59:59 01T11:00:01']],
    ['01T00:00:00', '02T00:00:00', 'day', ['day 01T00:00:00 02T00:00:00']],
    ['01T00:00:00', '02T00:00:00', 'hour', ['hour 01T00:00:00 02T00:00:00']],
    ['01T00:00:00', '02T00:00:00', 'row', ['row 01T00:00:00 02T00:00:00']],
  ] as const)('%s to %s by %s', (from, to, coarsest, parts) => {
    expect(told(from, to, coarsest)).toEqual(parts);
  });

  it('covers any span exactly, in at most five parts that begin and end where their grain does', () => {
    const instant = fc.date({ min: new Date('1969-12-30'), max: new Date('2030-01-01'), noInvalidDate: true });
    const lengthMs = { day: 86_400_000, hour: 3_600_000, row: 1 };
    fc.assert(
      fc.property(
        instant,
        fc.integer({ min: 1, max: 5 * 86_400_000 }),
        fc.constantFrom(...grains),
        (from, ms, coarsest) => {
          const to = new Date(from.getTime() + ms);
          const parts = partsOf({ from, to }, coarsest);
          expect(parts.length).toBeLessThanOrEqual(5);
          expect([parts[0]!.from, ...parts.map((part) => part.to)]).toEqual([...parts.map((part) => part.from), to]);
          expect(parts[0]!.from).toEqual(from);
          for (const part of parts) {
            expect(part.from.getTime() % lengthMs[part.grain]).toBeCloseTo(0);
            expect(part.to.getTime() % lengthMs[part.grain]).toBeCloseTo(0);
            expect(grains.indexOf(part.grain)).toBeGreaterThanOrEqual(grains.indexOf(coarsest));
            if (part.grain === 'row' && coarsest !== 'row')
              expect(+part.to - +part.from).toBeLessThan(2 * lengthMs.hour);
          }
        },
      ),
    );
  });
});
