import { describe, expect, it } from '@jest/globals';
import { mediansOf } from './contest.ts';

describe('mediansOf', () => {
  it('takes the middle of each figure over the rounds', () => {
    const rounds = [
      { perSecond: 30, missed: 0 },
      { perSecond: 10, missed: 2 },
      { perSecond: 20, missed: 0 },
    ];
    expect(mediansOf(rounds)).toEqual({ perSecond: 20, missed: 0 });
  });
});
