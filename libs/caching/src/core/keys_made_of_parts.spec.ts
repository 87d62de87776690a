import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { key, type KeyPart } from './key.ts';

const part = (): fc.Arbitrary<string> =>
  fc.oneof(
    fc.string({ minLength: 1, unit: fc.constantFrom('a', ':', '%', '3', 'A', '\0', '2', '5') }),
    fc.string({ minLength: 1 }),
  );

it('makes different keys of different parts', () => {
  const parts = () => fc.array(part(), { minLength: 1, maxLength: 4 });
  const normal = (of: string[]) => JSON.stringify(of.map((one) => one.normalize()));
  fc.assert(
    fc.property(parts(), parts(), (one, other) => {
      expect(key(...one) === key(...other)).toBe(normal(one) === normal(other));
    }),
    { numRuns: 3_000 },
  );
});

it('makes one key of the same members and parameters in any order', () => {
  expect(key({ b: 1, a: { d: 2, c: [1] } })).toBe(key({ a: { c: [1], d: 2 }, b: 1 }));
  expect(key(new URLSearchParams('b=2&a=1&a=0'))).toBe(key(new URLSearchParams('a=1&b=2&a=0')));
  expect(key(new URLSearchParams('a=1&a=0'))).not.toBe(key(new URLSearchParams('a=0&a=1')));
  expect(key('e\u0301', new URLSearchParams({ q: 'e\u0301' }))).toBe(
    key('\u00e9', new URLSearchParams({ q: '\u00e9' })),
  );
});

it('is read as it is written', () => {
  expect(key('account', 42, 'usage')).toBe('account:42:usage');
  expect(key('a:b', true, new Date(0))).toBe('a%3Ab:true:1970-01-01T00%3A00%3A00.000Z');
});

it.each<[string, unknown[]]>([
  ['no parts', []],
  ['an empty part', ['a', '']],
  ['null', [null]],
  ['undefined', ['a', undefined]],
  ['NaN', [NaN]],
  ['no date', [new Date(NaN)]],
  ['a function', [() => 1]],
  ['a Set, which tells nothing of what is in it', [new Set([1])]],
  ['a Map within an object', [{ a: new Map() }]],
  ['a BigInt within an object', [{ a: 1n }]],
  ['more than 1 024 characters', ['a'.repeat(1_025)]],
])('refuses %s', (_what, parts) => {
  expect(() => key(...(parts as KeyPart[]))).toThrow(expect.objectContaining({ code: 'invalid_key' }));
});
