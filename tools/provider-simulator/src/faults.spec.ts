import { describe, expect, it } from '@jest/globals';
import { FaultSchedule, isFault, statusOf } from './faults.ts';
import type { FaultRule } from './faults.ts';

const struck = (rules: readonly FaultRule[], requests: number, seed = '1', model = 'm') => {
  const schedule = new FaultSchedule(rules, seed);
  return Array.from({ length: requests }, () => schedule.next(model) ?? '-').join(' ');
};

describe('FaultSchedule', () => {
  it('strikes always, every nth, or the first so many', () => {
    expect(struck([{ fault: '500' }], 3)).toBe('500 500 500');
    expect(struck([{ fault: '500', every: 3 }], 7)).toBe('- - 500 - - 500 -');
    expect(struck([{ fault: 'hang', first: 2 }], 4)).toBe('hang hang - -');
    expect(struck([{ fault: 'hang', first: 4, every: 2 }], 8)).toBe('- hang - hang - - - -');
  });

  it('takes the first rule that strikes, while all of them count', () => {
    expect(
      struck(
        [
          { fault: '500', first: 1 },
          { fault: '429', every: 2 },
        ],
        4,
      ),
    ).toBe('500 429 - 429');
  });

  it('strikes only the model it is for', () => {
    expect(struck([{ fault: '500', model: 'other' }], 2)).toBe('- -');
    expect(struck([{ fault: '500', model: 'm' }], 2)).toBe('500 500');
  });

  it('strikes with a probability that follows from the seed', () => {
    const rules: readonly FaultRule[] = [{ fault: '500', probability: 0.25 }];
    expect(struck(rules, 400)).toBe(struck(rules, 400));
    expect(struck(rules, 400)).not.toBe(struck(rules, 400, '2'));
    const times = struck(rules, 4_000)
      .split(' ')
      .filter((fault) => fault === '500').length;
    expect(times / 4_000).toBeCloseTo(0.25, 1);
    expect(struck([{ fault: '500', probability: 0 }], 50)).not.toContain('500');
    expect(struck([{ fault: '500', probability: 1 }], 50)).not.toContain('-');
  });
});

it('knows faults and statuses by name', () => {
  expect(['hang', '429', '503'].every(isFault)).toBe(true);
  expect(['Hang', '200', '600', '4290', '', null].some(isFault)).toBe(false);
  expect(statusOf('429')).toBe(429);
  expect(statusOf('hang')).toBeUndefined();
});
