import { describe, expect, it } from '@jest/globals';
import { keysOf, valueOf } from './values.ts';

describe('valueOf', () => {
  it.each([
    ['small', 80, 120],
    ['large', 4_000, 6_000],
  ] as const)('makes %s values of about the size that tables name', (size, least, most) => {
    for (const key of keysOf(100)) {
      const { length } = JSON.stringify(valueOf(size, key));
      expect(length).toBeGreaterThan(least);
      expect(length).toBeLessThan(most);
    }
  });

  it('makes the same for the same key, and something else for another', () => {
    expect(valueOf('small', 'a')).toEqual(valueOf('small', 'a'));
    expect(valueOf('small', 'a')).not.toEqual(valueOf('small', 'b'));
  });
});
