import { describe, expect, it } from '@jest/globals';
import { negotiate } from './coding.ts';

describe('Accept-Encoding', () => {
  it.each([
    [undefined, undefined, false],
    ['', undefined, false],
    ['gzip', 'gzip', false],
    ['GZip', 'gzip', false],
    ['gzip, deflate, br', 'br', false],
    ['deflate, gzip', 'gzip', false],
    ['deflate', 'deflate', false],
    ['*', 'br', false],
    ['gzip;q=0.5, br;q=0.1', 'gzip', false],
    ['br;q=0, *', 'gzip', false],
    ['gzip;q=0, br;q=0, deflate;q=0', undefined, false],
    ['identity', undefined, false],
    ['identity, gzip;q=0.5', undefined, false],
    ['gzip, identity;q=0.5', 'gzip', false],
    ['zstd', undefined, false],
    ['zstd, gzip;q=0.2', 'gzip', false],
    ['gzip, identity;q=0', 'gzip', true],
    ['gzip, *;q=0', 'gzip', true],
    ['*, identity;q=0', 'br', true],
    ['identity;q=0', undefined, true],
    ['*;q=0', undefined, true],
    ['zstd, *;q=0', undefined, true],
    [',;;=,q=', undefined, false],
  ] as const)('%j is answered in %j; coded it must be: %j', (header, coding, required) => {
    // Twice: the second time it is remembered.
    for (let time = 0; time < 2; time++) expect(negotiate(header)).toEqual({ coding, required });
  });

  it('goes on right when texts are more than it remembers', () => {
    for (let index = 0; index < 1_000; index++) {
      expect(negotiate(`gzip;q=0.5, x-${index}`)).toEqual({ coding: 'gzip', required: false });
    }
    expect(negotiate(`br, ${'x'.repeat(5_000)}`)).toEqual({ coding: 'br', required: false });
  });
});
