import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { UpstreamQuotas } from './index.ts';

const now = Date.parse('2026-01-01T00:00:00Z');
const date = 'Thu, 01 Jan 2026 00:00:00 GMT';
let quotas: UpstreamQuotas;
beforeEach(() => {
  quotas = new UpstreamQuotas();
});

const observe = (headers: Record<string, string | string[]>, status = 200, at = now) =>
  quotas.observe('upstream', { status, headers, now: at });
const known = () =>
  quotas
    .quotasOf('upstream', now)
    .map(({ dimension, limit, remaining, resetMs }) => [dimension, limit, remaining, resetMs]);

describe('quotas are learned', () => {
  it('as GitHub says them, those of other resources by their name', () => {
    const reset = String(now / 1_000 + 60);
    const of = (resource: string) => ({
      date,
      'x-ratelimit-limit': '30',
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': reset,
      'x-ratelimit-resource': resource,
    });
    observe(of('search'));
    expect(known()).toEqual([['search', 30, 0, 61_000]]);
    expect(quotas.check('upstream', undefined, now)).toBeUndefined();
    expect(quotas.check('upstream', { search: 1 }, now)).toEqual({
      waitMs: 61_000,
      reason: 'quota',
      dimension: 'search',
    });
    observe(of('core'));
    expect(quotas.check('upstream', undefined, now)).toMatchObject({ waitMs: 61_000, dimension: 'requests' });
  });

  it.each([
    ['1s', 1_000],
    ['6m0s', 360_000],
    ['20ms', 20],
    ['1h2m3.5s', 3_723_500],
    ['2m59.56s', 179_560],
    ['1d', 86_400_000],
    ['17', 17_000],
  ])('as OpenAI says them, with a reset of %s', (reset, resetMs) => {
    observe({
      'x-ratelimit-limit-tokens': '150000',
      'x-ratelimit-remaining-tokens': '149984',
      'x-ratelimit-reset-tokens': reset,
    });
    expect(known()).toEqual([['tokens', 150_000, 149_984, resetMs]]);
  });

  it('as Anthropic says them', () => {
    observe({
      date,
      'anthropic-ratelimit-requests-limit': '50',
      'anthropic-ratelimit-requests-remaining': '49',
      'anthropic-ratelimit-requests-reset': '2026-01-01T00:00:02Z',
      'anthropic-ratelimit-input-tokens-limit': '40000',
      'anthropic-ratelimit-input-tokens-remaining': '0',
      'anthropic-ratelimit-input-tokens-reset': '2026-01-01T00:01:00Z',
    });
    expect(known()).toEqual([
      ['requests', 50, 49, 3_000],
      ['input-tokens', 40_000, 0, 61_000],
    ]);
  });

  it('as the draft of the IETF says them', () => {
    observe({
      ratelimit: '"burst";r=50;t=30, daily;r=1;t=3600;pk=:cHVyc2Vy:, "bytes";r=9;t=9, "broken";r=-1;t=4, "late";r=3',
      'ratelimit-policy': '"burst";q=100;w=60,daily;q=1000;w=86400, "bytes";q=10;qu="content-bytes";w=10',
    });
    expect(known()).toEqual([
      ['requests', 100, 50, 30_000],
      ['requests', 1_000, 1, 3_600_000],
      ['content-bytes', 10, 9, 9_000],
    ]);
    expect(quotas.check('upstream', undefined, now)).toMatchObject({ waitMs: 3_600_000 });
  });

  it.each<[string, Record<string, string | string[]>]>([
    [
      '-1, as Azure says',
      { 'x-ratelimit-limit-tokens': '-1', 'x-ratelimit-remaining-tokens': '-1', 'x-ratelimit-reset-tokens': '0' },
    ],
    ['no numbers', { 'x-ratelimit-limit': 'many', 'x-ratelimit-remaining': '', 'x-ratelimit-reset': 'NaN' }],
    ['not all', { 'x-ratelimit-limit': '5', 'x-ratelimit-remaining': '0' }],
    ['said twice', { 'x-ratelimit-limit': ['5', '6'], 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '60' }],
    ['no list', { ratelimit: '"a;r=0;t=5' }],
    ['too long', { ratelimit: `"a";r=0;t=5, ${'x'.repeat(3_000)}` }],
  ])('not from headers that are %s', (_what, headers) => {
    expect(observe(headers)).toBeUndefined();
    expect([known(), quotas.check('upstream', { requests: 1, tokens: 1 }, now)]).toEqual([[], undefined]);
  });

  it('from whatever headers come, without an error or a wait of more than a day', () => {
    const names = ['retry-after', 'retry-after-ms', 'date', 'ratelimit', 'ratelimit-policy', 'x-ratelimit-limit']
      .concat(['x-ratelimit-remaining', 'x-ratelimit-reset', 'x-ratelimit-reset-tokens', 'x-ratelimit-limit-tokens'])
      .concat(['x-ratelimit-remaining-tokens', 'anthropic-ratelimit-tokens-reset']);
    const value = fc.oneof(
      fc.string(),
      fc.nat().map(String),
      fc.constantFrom('"a";r=0;t=9', '1h1s', date, '999999999999999'),
    );
    const headers = fc.dictionary(fc.constantFrom(...names), value);
    fc.assert(
      fc.property(headers, fc.constantFrom(200, 403, 429, 503), (some, status) => {
        const wait = observe(some, status);
        expect(wait?.waitMs ?? 0).toBeLessThanOrEqual(86_400_000);
        const checked = quotas.check('upstream', { requests: 1, tokens: 1 }, now)?.waitMs ?? 0;
        expect(checked >= 0 && checked <= 86_400_000).toBe(true);
      }),
    );
  });
});

describe('check', () => {
  const tokens = (remaining: number, reset = '60s') => ({
    'x-ratelimit-limit-tokens': '1000',
    'x-ratelimit-remaining-tokens': String(remaining),
    'x-ratelimit-reset-tokens': reset,
  });
  const wait = (cost: Record<string, number>, at = now) => quotas.check('upstream', cost, at)?.waitMs;

  it('knows nothing of who was never heard of', () => {
    expect(quotas.check('other')).toBeUndefined();
  });

  it('waits until so much is there again, of what comes back bit by bit, and leaves the last part', () => {
    observe(tokens(100));
    expect([wait({ tokens: 80 }), wait({ tokens: 81 })]).toEqual([undefined, 67]);
    // Half of what was lacking is there.
    expect([wait({ tokens: 530 }), wait({ tokens: 530 }, now + 30_000)]).toEqual([30_000, undefined]);
    expect(wait({ requests: 1 })).toBeUndefined();
  });

  it('lets pass what is more than all of it once all of it is there', () => {
    observe(tokens(100));
    expect(wait({ tokens: 5_000 })).toBe(60_000);
    expect(wait({ tokens: 5_000 }, now + 60_000)).toBeUndefined();
  });

  it('obeys a refusal for all that is asked, until it is over', () => {
    observe({ 'retry-after': '5' }, 429);
    expect(quotas.check('upstream', {}, now + 1_000)).toEqual({ waitMs: 4_000, reason: 'retry-after' });
    expect(quotas.check('upstream', {}, now + 5_000)).toBeUndefined();
  });

  it('is not made shorter by an answer to an earlier request', () => {
    observe({ 'retry-after': '50' }, 429);
    observe({ 'retry-after': '5' }, 429);
    expect(wait({})).toBe(50_000);
  });

  it('ends a refusal once a request was answered that was sent after it', () => {
    observe({ ...tokens(0), 'retry-after': '50' }, 429);
    quotas.lift('upstream', now - 1);
    quotas.lift('other', now);
    expect(wait({})).toBe(50_000);
    quotas.lift('upstream', now);
    expect([wait({}), wait({ tokens: 980 })]).toEqual([undefined, 60_000]);
  });

  it('takes the least of one window, in whatever order answers come, and what comes after it as it is', () => {
    const window = (remaining: number, reset: number) => ({
      'x-ratelimit-limit': '100',
      'x-ratelimit-remaining': String(remaining),
      'x-ratelimit-reset': String(reset),
    });
    observe(window(2, 60));
    observe(window(40, 60));
    expect(wait({ requests: 1 })).toBe(60_000);
    observe(window(99, 60), 200, now + 60_000);
    expect(wait({ requests: 1 }, now + 60_000)).toBeUndefined();
  });

  it('obeys what was learned elsewhere, for a day at most, and makes no wait shorter by it', () => {
    quotas.block('upstream', now - 1, now);
    expect([quotas.statistics().subjects, wait({})]).toEqual([0, undefined]);
    quotas.block('upstream', now + 5_000, now);
    quotas.block('upstream', now + 4_000, now);
    expect(quotas.check('upstream', {}, now)).toEqual({ waitMs: 5_000, reason: 'elsewhere' });
    observe({ 'retry-after': '1' }, 429);
    expect([wait({}), wait({}, now + 5_000)]).toEqual([5_000, undefined]);
    quotas.block('upstream', now + 9e9, now);
    expect(wait({})).toBe(86_400_000);
    expect(() => quotas.block('upstream', Number.NaN)).toThrow('at must be milliseconds since 1970, not NaN');
  });

  it('keeps upstreams apart, and no more than it may', () => {
    quotas = new UpstreamQuotas({ mostSubjects: 2 });
    for (const subject of ['a', 'b', 'a', 'c']) quotas.observe(subject, { status: 429, headers: {}, now });
    expect(['a', 'b', 'c'].map((subject) => quotas.check(subject, {}, now) !== undefined)).toEqual([true, false, true]);
    expect(quotas.statistics()).toEqual({ subjects: 2, forgotten: 1, answers: 4, limited: 4, waits: 2 });
  });

  it.each([-0.1, 1, Number.NaN])('has no reserve of %d', (reserveShare) => {
    expect(() => new UpstreamQuotas({ reserveShare })).toThrow(/^reserveShare must be/);
  });
});
