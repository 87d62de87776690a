import { describe, expect, it } from '@jest/globals';
import { outcome } from './sections.mjs';
import { forgetCounts, none, recordCounts, sumOfCounts } from './test-counts.mjs';

describe('the outcome of a section', () => {
  it('is what its tests say', () => {
    const counts = { passed: 3, failed: 0, skipped: 1 };
    expect(outcome(0, counts)).toEqual({ ok: true, counts });
  });

  it('counts a failure even when no test failed: lint, or a project that could not start', () => {
    expect(outcome(1, none)).toEqual({ ok: false, counts: { passed: 0, failed: 1, skipped: 0 } });
  });

  it('does not count failed tests twice', () => {
    const counts = { passed: 3, failed: 2, skipped: 0 };
    expect(outcome(1, counts)).toEqual({ ok: false, counts });
  });
});

describe('counts', () => {
  it('are summed over projects, by target, until they are forgotten', () => {
    const target = 'test:of-the-counts';
    const record = (/** @type {string} */ project, /** @type {number} */ passed) =>
      recordCounts({ project, target, counts: { passed, failed: 1, skipped: 2 } });
    forgetCounts(target);
    record('@purser/one', 5);
    record('@purser/two', 7);
    record('@purser/two', 8);
    expect(sumOfCounts(target)).toEqual({ passed: 13, failed: 2, skipped: 4 });
    forgetCounts(target);
    expect(sumOfCounts(target)).toEqual(none);
  });
});
