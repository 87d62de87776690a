import { describe, expect, it } from '@jest/globals';
import { waitAfter } from './index.ts';

const now = Date.parse('2026-01-01T00:00:00Z');
/** The server's clock is ten minutes behind ours. */
const date = 'Wed, 31 Dec 2025 23:50:00 GMT';
const serverSeconds = Date.parse(date) / 1_000;

const quota = (limit: number, remaining: number, resetInSeconds = 600) => ({
  date,
  'x-ratelimit-limit': String(limit),
  'x-ratelimit-remaining': String(remaining),
  'x-ratelimit-reset': String(serverSeconds + resetInSeconds),
});
const waitMs = (status: number, headers: Record<string, string>, message?: string) =>
  waitAfter({ status, headers, message, now })?.waitMs;

describe('waitAfter', () => {
  it.each<[string, number, Record<string, string>, number | undefined]>([
    ['without limits', 200, {}, undefined],
    ['with most of the quota left', 200, quota(5_000, 4_000), undefined],
    ['with more than is left to others', 200, quota(5_000, 101), undefined],
    ['down to what is left to others', 200, quota(5_000, 100), 601_000],
    ['down to the last request of a small quota', 200, quota(60, 1), 601_000],
    ['two before the end of a small quota', 304, quota(60, 2), undefined],
    ['refused, the quota being used up', 403, quota(60, 0), 601_000],
    ['refused, the reset being over', 403, quota(60, 0, -5), 0],
    ['refused by a secondary limit', 403, { ...quota(5_000, 4_000), 'retry-after': '30' }, 30_000],
    [
      'refused by a secondary limit, until a time',
      429,
      { date, 'retry-after': 'Wed, 31 Dec 2025 23:50:30 GMT' },
      31_000,
    ],
    ['overloaded, and told for how long', 503, { 'retry-after': '7' }, 7_000],
    ['overloaded, and not told', 503, {}, undefined],
    ['overloaded as Anthropic says it', 529, { 'retry-after': '7' }, 7_000],
    ['refused for something else', 403, quota(5_000, 4_000), undefined],
    ['refused without a word about when', 429, {}, 60_000],
    ['with headers that say nothing', 200, { ...quota(60, 0), 'x-ratelimit-reset': 'soon' }, undefined],
    ['told to wait for ever', 429, { 'retry-after': '99999999' }, 86_400_000],
    ['told in milliseconds', 429, { 'retry-after-ms': '250.5', 'retry-after': '1' }, 250.5],
    ['told nonsense', 429, { 'retry-after-ms': '-1', 'retry-after': 'later' }, 60_000],
  ])('%s', (_case, status, headers, wait) => {
    expect(waitMs(status, headers)).toBe(wait);
  });

  it('knows a secondary limit by its message, where no header tells', () => {
    expect(waitMs(403, {}, 'You have exceeded a secondary rate limit. Please wait.')).toBe(60_000);
    expect(waitMs(403, {}, 'Resource not accessible by personal access token')).toBeUndefined();
  });

  it('says why', () => {
    const reasonOf = (status: number, headers: Record<string, string>) => waitAfter({ status, headers, now })?.reason;
    expect([
      reasonOf(429, { 'retry-after': '1' }),
      reasonOf(200, quota(60, 0)),
      reasonOf(429, {}),
      waitAfter({ status: 200, headers: quota(60, 0), now })?.dimension,
    ]).toEqual(['retry-after', 'quota', 'refused', 'requests']);
  });
});
