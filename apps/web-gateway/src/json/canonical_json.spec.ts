import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson } from './canonical-json.ts';

const canonical = (text: string) => canonicalJson(Buffer.from(text));

/** The value as JSON with the names of its objects in another order, and white space wherever it may stand. */
function written(value: unknown, space: string, reversed: boolean): string {
  if (Array.isArray(value)) {
    return `[${space}${value.map((each) => written(each, space, reversed)).join(`${space},${space}`)}${space}]`;
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(
    ([name, member]) => `${JSON.stringify(name)}${space}:${space}${written(member, space, reversed)}`,
  );
  return `{${space}${(reversed ? members.reverse() : members).join(`${space},${space}`)}${space}}`;
}

describe('the canonical text of JSON', () => {
  it('is the same whatever the white space and the order of names', () => {
    const space = fc.constantFrom('', ' ', '\n\t', '\r\n  ');
    fc.assert(
      fc.property(fc.jsonValue(), space, fc.boolean(), (value, around, reversed) => {
        const text = `${around}${written(value, around, reversed)}${around}`;
        expect(canonical(text)).toBe(canonical(JSON.stringify(value)));
      }),
    );
  });

  it('is another for every other value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        const [one, other] = [JSON.parse(JSON.stringify(a)), JSON.parse(JSON.stringify(b))] as unknown[];
        expect(canonical(JSON.stringify(one)) === canonical(JSON.stringify(other))).toBe(sameJson(one, other));
      }),
    );
  });

  it('says what its text says', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = Buffer.from(canonical(JSON.stringify(value)), 'latin1').toString();
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it.each([
    ['numbers beyond what a double holds', '{"seed":9007199254740992}', '{"seed":9007199254740993}'],
    ['a name that stands there twice, by order', '{"a":1,"a":2}', '{"a":2,"a":1}'],
    ['the same, with one of them escaped', '{"a":1,"\\u0061":2}', '{"\\u0061":2,"a":1}'],
    ['and so beyond ASCII', '{"é":1,"\\u00e9":2}', '{"\\u00e9":2,"é":1}'],
    ['lists by their order', '[1,2]', '[2,1]'],
    ['a list within from one beside', '[[1],2]', '[[1,2]]'],
    ['a string from a number', '["1"]', '[1]'],
    ['texts by their white space', '{"a":" b"}', '{"a":"b"}'],
  ])('tells apart %s', (_, one, other) => {
    expect(canonical(one)).not.toBe(canonical(other));
  });
});

function sameJson(a: unknown, b: unknown): boolean {
  return written(sorted(a), '', false) === written(sorted(b), '', false);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const names = Object.keys(value).sort();
  return Object.fromEntries(names.map((name) => [name, sorted((value as Record<string, unknown>)[name])]));
}
