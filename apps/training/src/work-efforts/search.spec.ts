import { describe, expect, it } from '@jest/globals';
import { wordsOf } from '../items/words.ts';
import { searchOf } from './search.ts';

describe('wordsOf', () => {
  it.each([
    ['WE-260101-ab12', ['we', '260101', 'ab12']],
    ['TKT-ab12-001', ['tkt', 'ab12', '001']],
    ["Bob's C++, 1.10 & a_b", ['bob', 's', 'c', '1', '10', 'a', 'b']],
    ['Größe ÉTÉ 漢字', ['größe', 'été', '漢字']],
    ['ﬁle ２', ['file', '2']],
    ['%_\\ --', []],
    ['', []],
  ])('finds the words of %j', (text, words) => {
    expect(wordsOf(text)).toEqual(words);
  });

  it('cuts what no index takes', () => {
    expect(wordsOf('x'.repeat(5_000))).toEqual(['x'.repeat(200)]);
  });
});

describe('searchOf', () => {
  it.each([
    ['count every ce', "'count' & 'every' & 'ce':*"],
    ["' | !a <-> b:*", "'a' & 'b':*"],
    ['--', null],
  ])('makes a query of %j that can not be another', (text, query) => {
    expect(searchOf(text)).toBe(query);
  });
});
