import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { meanProgress, progressOf } from './progress.ts';

const finite = fc.double({ noNaN: true, min: -9e15, max: 9e15 });

describe('progress', () => {
  it.each([
    [0, 10, 5, 50],
    [10, 0, 5, 50],
    [8, 4, 7, 25],
    [0, 10, null, 0],
    [0, 10, 0, 0],
    [0, 10, -5, 0],
    [0, 10, 99, 100],
    [-10, 10, 0, 50],
    [0, 3, 1, 33],
  ])('from %d to %d, at %p, is %d', (baseline, target, current, expected) => {
    expect(progressOf({ baseline, target, current })).toBe(expected);
  });

  it('is a whole number from 0 to 100, whatever the numbers are', () => {
    fc.assert(
      fc.property(finite, finite, fc.option(finite), (baseline, target, current) => {
        fc.pre(baseline !== target);
        const progress = progressOf({ baseline, target, current });
        expect(Number.isInteger(progress) && progress >= 0 && progress <= 100).toBe(true);
      }),
    );
  });

  it('of several is their mean, before anything is rounded', () => {
    const third = { baseline: 0, target: 3, current: 1 };
    expect(meanProgress([])).toBeNull();
    expect(meanProgress([third, third, { ...third, current: 3 }])).toBe(56);
  });
});
