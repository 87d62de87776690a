import { describe, expect, it } from '@jest/globals';
import { nextLink } from './link-header.ts';

describe('nextLink', () => {
  it.each([
    [undefined, null],
    ['', null],
    ['<https://a.example/x?page=2>; rel="next"', 'https://a.example/x?page=2'],
    ['<https://a/1>; rel="prev", <https://a/3>; rel="next", <https://a/9>; rel="last"', 'https://a/3'],
    ['<https://a/1>; rel="prev", <https://a/1>; rel="first"', null],
    ['<https://a/x?a=1,2;b=3>; title="x"; rel=next', 'https://a/x?a=1,2;b=3'],
    ['<https://a/2>; rel="last next"', 'https://a/2'],
    ['<https://a/2>; rel="nextish"', null],
    ['<https://a/2>; rel=prev; title="rel=next"', null],
    ['nonsense', null],
  ])('reads %j', (header, next) => {
    expect(nextLink(header)).toBe(next);
  });
});
