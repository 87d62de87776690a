import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { answerKey, callerByCredentials, pathAndQuery, shownKey } from './answer-key.ts';
import { policyOf } from './answer-headers.ts';
import { entityTag, isKnown } from './entity-tag.ts';
import type { Exchange } from './exchange.ts';
import { forbidden, keptHeaders } from './stored-headers.ts';

const asking = (headers: Record<string, string>): Exchange => ({ header: (name: string) => headers[name] }) as Exchange;
const name = fc.stringMatching(/^[a-z][a-z-]{0,11}$/);
const text = fc.string({ unit: 'grapheme', maxLength: 12 });
const perRequest = [
  'date',
  'set-cookie',
  'connection',
  'x-request-id',
  'access-control-allow-origin',
  'server-timing',
  'age',
];

describe('the headers that are kept', () => {
  it('are those that the handler has set, but for those of one request', () => {
    const headers = fc.dictionary(fc.oneof(name, fc.constantFrom(...perRequest)), text);
    fc.assert(
      fc.property(headers, headers, (before, set) => {
        const after = { ...before, ...set };
        const kept = keptHeaders(before, after)!;
        for (const [header, value] of Object.entries(kept)) expect(after[header]).toBe(value);
        for (const header of perRequest.filter((known) => known !== 'set-cookie'))
          expect(kept).not.toHaveProperty(header);
        for (const header of Object.keys(kept)) expect(before[header]).not.toBe(after[header]);
        if (set['link'] !== undefined && set['link'] !== before['link']) expect(kept['link']).toBe(set['link']);
      }),
    );
  });

  it.each([
    ['a cookie', { 'set-cookie': ['a=b'] }, false],
    ['another coding', { 'content-encoding': 'gzip' }, false],
    ['no-store', { 'cache-control': 'private, No-Store' }, false],
    ['private, where it is shared', { 'cache-control': 'private' }, true],
    ['a Vary that the key does not have', { vary: 'Accept-Encoding, X-Tenant' }, false],
    ['a Vary by everything', { vary: '*' }, false],
  ])('forbid to keep an answer with %s', (_what, headers, shared) => {
    expect(forbidden(headers, shared, ['accept'])).toBeDefined();
  });

  it('allow a Vary that the key has, and private where it is not shared', () => {
    const headers = {
      vary: 'Accept, Origin, Accept-Encoding',
      'cache-control': 'private',
      'content-encoding': 'identity',
    };
    expect(forbidden(headers, false, ['accept'])).toBeUndefined();
  });

  it('are bounded', () => {
    expect(keptHeaders({}, { link: 'x'.repeat(20_000) })).toBeUndefined();
  });
});

describe('the key of an answer', () => {
  const parts = { what: '/a', handler: 'A.b', caller: 'me', vary: ['accept'] };

  it('is the same for the same query in any order of its names, and another for another query', () => {
    const pair = fc.tuple(fc.stringMatching(/^[a-z]{1,3}$/), text);
    fc.assert(
      fc.property(
        fc.uniqueArray(pair, { selector: ([one]) => one, minLength: 1, maxLength: 6 }),
        fc.nat(),
        (pairs, turn) => {
          const query = (of: [string, string][]) => `/a?${new URLSearchParams(of).toString()}`;
          const turned = pairs.map((_pair, index) => pairs[(index + turn) % pairs.length]!);
          expect(pathAndQuery(query(turned))).toBe(pathAndQuery(query(pairs)));
          const [[first, value], ...others] = pairs as [[string, string], ...[string, string][]];
          expect(pathAndQuery(query([[first, `${value}!`], ...others]))).not.toBe(pathAndQuery(query(pairs)));
        },
      ),
    );
  });

  it('tells apart who asks, by each credential, for which host, and who asks for what anybody gets', () => {
    const credentials = ['authorization', 'cookie', 'x-api-key', 'api-key', 'x-auth-token'];
    const callers = [{}, ...credentials.map((header) => ({ [header]: 'a' }))].map((headers) =>
      callerByCredentials(asking(headers)),
    );
    const keys = callers.map((caller) => answerKey(asking({ host: 'a' }), { ...parts, caller }));
    keys.push(
      answerKey(asking({ host: 'b' }), parts),
      answerKey(asking({ host: 'a' }), { ...parts, caller: undefined }),
    );
    keys.push(answerKey(asking({ host: 'a' }), { ...parts, handler: 'A.c' }));
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('takes a header that it varies by without what means nothing', () => {
    const keyOf = (accept: string) => answerKey(asking({ accept }), parts);
    expect(keyOf('text/html, Application/JSON ;q=0.5')).toBe(keyOf('application/json;q=0.5,text/html'));
    expect(keyOf('text/html')).not.toBe(keyOf('text/plain'));
    expect(answerKey(asking({}), parts)).not.toBe(keyOf(''));
  });

  it('begins with the path, is bounded, and shows nothing of who asks', () => {
    const long = pathAndQuery(`/${'p'.repeat(2_000)}?a=${'q'.repeat(2_000)}`);
    expect(long.length).toBeLessThan(200);
    expect(pathAndQuery(`/${'p'.repeat(2_000)}?a=${'q'.repeat(1_999)}r`)).not.toBe(long);
    const key = answerKey(asking({}), { ...parts, what: '/accounts/7?a=1', caller: 'jane@example.org' });
    expect(key).toMatch(/^\/accounts\/7\?a=1#[\w-]{22}$/);
    expect(shownKey(key)).toMatch(/^[\w-]{22}$/);
  });

  it('keeps queries apart that are no UTF-8', () => {
    expect(pathAndQuery('/a?b=%FE')).not.toBe(pathAndQuery('/a?b=%FF'));
  });
});

it('says to clients and CDNs what the route allows', () => {
  const control = (options: Parameters<typeof policyOf>[0]) => policyOf(options, []).cacheControl;
  expect(control({})).toBe('private, no-cache');
  expect(control({ browser: { maxAge: 1_500, staleFor: 60_000 } })).toBe(
    'private, max-age=1, stale-while-revalidate=60',
  );
  expect(control({ scope: 'shared' })).toBe('public, no-cache');
  expect(control({ scope: 'shared', cdnMaxAge: 60_000 })).toBe('public, no-cache, s-maxage=60');
  expect(policyOf({ vary: ['Accept'] }, ['Cache-Tag'])).toMatchObject({
    vary: ['authorization', 'cookie', 'accept'],
    tagHeaders: [],
  });
  expect(policyOf({ scope: 'shared' }, ['Cache-Tag'])).toMatchObject({ vary: [], tagHeaders: ['Cache-Tag'] });
});

it('knows a tag that If-None-Match names, weakly, in a list, or by a star', () => {
  const tag = entityTag(Buffer.from('a'));
  for (const given of [tag, `W/${tag}`, `"x",${tag}`, ' * ']) expect(isKnown(given, tag)).toBe(true);
  for (const given of [undefined, '', '"x"', `${tag.slice(0, -1)}+gzip"`]) expect(isKnown(given, tag)).toBe(false);
  expect(isKnown('"v1"', 'W/"v1"')).toBe(true);
});
