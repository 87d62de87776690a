import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { matcherOf } from './pattern.ts';

describe('a pattern', () => {
  it.each([
    ['account:*', 'account:', ['account:', 'account:1', 'account:1:usage'], ['account', 'accounts:1']],
    ['account:?:usage', 'account:', ['account:1:usage', 'account:😀:usage'], ['account::usage', 'account:12:usage']],
    ['*:usage', '', [':usage', 'a:usage', 'usage:usage'], ['usage', 'a:usage:b']],
    ['a*b*c', 'a', ['abc', 'a-b-c', 'abbbcc', 'abcbc'], ['ab', 'ac', 'abcd']],
    ['a\\*', 'a*', ['a*'], ['a', 'ab', 'a\\*', 'a\\']],
    ['\\?\\\\', '?\\', ['?\\'], ['a\\', '?']],
    ['a\\', 'a\\', ['a\\'], ['a']],
    ['%_[a]', '%_[a]', ['%_[a]'], ['%xa', 'a']],
    ['**', '', ['', 'a'], []],
    ['', '', [''], ['a']],
    ['ab*ba', 'ab', ['abba', 'ab-ba'], ['aba']],
  ])('%s begins with %j and matches whole keys', (pattern, prefix, matching, others) => {
    const matcher = matcherOf(pattern);
    expect(matcher.prefix).toBe(prefix);
    expect(matching.filter((key) => !matcher.matches(key))).toEqual([]);
    expect(others.filter((key) => matcher.matches(key))).toEqual([]);
  });

  it('means what the regular expression means that is made of it', () => {
    const text = (unit: string[]): fc.Arbitrary<string> => fc.string({ unit: fc.constantFrom(...unit), maxLength: 8 });
    fc.assert(
      fc.property(
        text(['a', 'b', '*', '?', '\\', '.', '😀']),
        text(['a', 'b', '*', '.', '\\', '😀']),
        (pattern, key) => {
          const source = pattern.replace(/\\?[^]/gu, (token) => {
            if (token === '*') return '[^]*';
            if (token === '?') return '[^]';
            const literal = token.length > 1 && token.startsWith('\\') ? token.slice(1) : token;
            return literal.replace(/[\\.*?]/, '\\$&');
          });
          expect(matcherOf(pattern).matches(key)).toBe(new RegExp(`^${source}$`, 'u').test(key));
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('that would take a regular expression forever is answered at once', () => {
    expect(matcherOf(`${'a*'.repeat(100)}b`).matches('a'.repeat(1_000))).toBe(false);
  });
});
