import { describe, expect, it } from '@jest/globals';
import { Totals } from './totals.ts';

describe('known totals', () => {
  it('are those of the revision that they were counted under', () => {
    const totals = new Totals();
    expect(totals.get('all')).toBeUndefined();
    totals.set('all', { revision: '3', total: 0 });
    expect(totals.get('all')).toEqual({ revision: '3', total: 0 });
    totals.set('all', { revision: '4', total: 7 });
    expect(totals.get('all')).toEqual({ revision: '4', total: 7 });
  });

  it('are a thousand at most; who was not asked for the longest goes', () => {
    const totals = new Totals();
    for (let n = 0; n < 1_000; n++) totals.set(`f${n}`, { revision: '1', total: n });
    totals.get('f0');
    totals.set('one more', { revision: '1', total: 1 });
    expect(totals.get('f0')).toBeDefined();
    expect(totals.get('f1')).toBeUndefined();
    expect(totals.get('f2')).toBeDefined();
  });
});
