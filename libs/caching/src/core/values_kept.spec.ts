import { afterEach, beforeEach, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { openCaches, type Caches } from './caches.ts';
import type { Cache } from './cache.ts';
import { keptValue, parsedValue } from './values.ts';

let caches: Caches;
let cache: Cache;
beforeEach(async () => {
  caches = await openCaches();
  cache = caches.namespace('test');
});
afterEach(() => caches.close());

it.each([null, 0, '', false, [], {}, [null]])('takes %j for a value', async (value) => {
  let loads = 0;
  const load = () => {
    loads += 1;
    return value;
  };
  expect(await cache.getOrCompute('a', load)).toEqual(value);
  expect(await cache.getOrCompute('a', load)).toEqual(value);
  expect([loads, await cache.has('a')]).toEqual([1, true]);
  await cache.set('b', value);
  expect(await cache.mget(['b', 'none', 'a'])).toEqual([value, undefined, value]);
});

it('keeps of any value what its JSON says, the same from memory as from below', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const json = JSON.stringify(value);
      expect(JSON.stringify(keptValue(value).value)).toBe(json);
      expect(keptValue(value).value).toEqual(parsedValue(json).value);
    }),
    { numRuns: 500 },
  );
});

it('gives out a copy that nobody can change', async () => {
  const given = { list: [{ a: 1 }] };
  await cache.set('a', given);
  given.list[0]!.a = 2;
  const read = await cache.get<typeof given>('a');
  expect(read).toEqual({ list: [{ a: 1 }] });
  expect(() => (read!.list[0]!.a = 3)).toThrow(TypeError);
  expect(() => read!.list.push({ a: 4 })).toThrow(TypeError);
});

it('keeps dates as JSON does, leaves out what is undefined, and takes __proto__ for a name like others', async () => {
  const odd = JSON.parse('{"__proto__":{"isAdmin":true},"b":1}') as object;
  await cache.set('a', { at: new Date(0), none: undefined, odd });
  const read = await cache.get<{ odd: { isAdmin?: boolean } }>('a');
  expect(JSON.stringify(read)).toBe('{"at":"1970-01-01T00:00:00.000Z","odd":{"__proto__":{"isAdmin":true},"b":1}}');
  expect(read!.odd.isAdmin).toBeUndefined();
});

const cycle: Record<string, unknown> = {};
cycle['self'] = { cycle };
let wide: unknown = 1;
for (let level = 0; level < 60; level++) wide = [wide, wide];

it.each([
  ['a cycle', cycle],
  ['a BigInt', { a: [1n] }],
  ['a function', { a: () => 1 }],
  ['a symbol', Symbol('a')],
  ['NaN', { a: NaN }],
  ['an infinity', [-Infinity]],
  ['undefined in a list', [undefined]],
  ['a Map', new Map()],
  ['a Set', { a: new Set([1]) }],
  ['bytes', Buffer.from('a')],
  ['a promise', { a: Promise.resolve(1) }],
  ['an error', new Error('no')],
  ['what names itself without end', wide],
])('refuses %s to who gives it, and changes nothing', async (_what, value) => {
  await cache.set('a', 'before');
  await expect(cache.set('a', value)).rejects.toMatchObject({ code: 'invalid_value' });
  expect(await cache.get('a')).toBe('before');
  await expect(cache.getOrCompute('b', () => value)).rejects.toMatchObject({ code: 'invalid_value' });
  expect(await cache.getOrCompute('b', () => 'after')).toBe('after');
});
