import { describe, expect, it } from '@jest/globals';
import { CacheError } from './errors.ts';
import { keptValue } from './values.ts';

function fieldOf(value: unknown): string | undefined {
  try {
    keptValue(value);
    return undefined;
  } catch (error) {
    return (error as CacheError).field;
  }
}

describe('a value that JSON can not carry', () => {
  it.each<[string, unknown]>([
    ['value', NaN],
    ['value.a', { a: () => 1 }],
    ['value[1]', [1, undefined]],
    ['value.list[2].deep', { before: { x: [1, { y: 2 }] }, list: [{ deep: 1 }, [], { ok: [1], deep: 1n }] }],
    ['value.map', { when: new Date(0), map: new Map() }],
    ['value.made.of', { made: { toJSON: () => ({ fine: [1], of: Symbol('no') }) } }],
  ])('is refused by where it is: %s', (field, value) => {
    expect(fieldOf(value)).toBe(field);
  });
});
