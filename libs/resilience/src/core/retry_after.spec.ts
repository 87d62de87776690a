import { expect, it } from '@jest/globals';
import { parseRetryAfter } from './retry-after.ts';

const now = Date.UTC(2026, 0, 1);

it.each([
  ['1', 1_000],
  [' 120 ', 120_000],
  ['0', 0],
  ['Thu, 01 Jan 2026 00:00:05 GMT', 5_000],
  ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
  ['-1', undefined],
  ['1.5', undefined],
  ['soon', undefined],
  ['', undefined],
  [null, undefined],
  [undefined, undefined],
])('reads Retry-After: %j', (header, ms) => {
  expect(parseRetryAfter(header, now)).toBe(ms);
});
