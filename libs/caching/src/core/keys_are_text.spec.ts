import { describe, expect, it } from '@jest/globals';
import { checkedKey, key } from './key.ts';

describe('a key', () => {
  it.each([
    ['', 'it is empty'],
    ['a\0b', 'a string with U+0000'],
    ['a\uD83D', 'half a character'],
    ['\uDE00b', 'half a character'],
    ['a'.repeat(1_025), 'it is 1025 characters long'],
  ])('%j is refused: %s', (value, problem) => {
    expect(() => checkedKey(value)).toThrow(problem);
  });

  it('of a part with half a character is refused', () => {
    expect(() => key('account', '\uD83D')).toThrow('half a character');
  });

  it.each(['a', '😀', 'ä'.repeat(1_024)])('%j is taken as it is', (value) => {
    expect(checkedKey(value)).toBe(value);
  });
});
