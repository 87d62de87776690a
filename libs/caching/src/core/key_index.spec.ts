import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { KeyIndex } from './key-index.ts';

/** Few and short, so that they share segments, end within one another and come again. */
const keys = fc.array(fc.constantFrom('a', 'b', 'ab', ':', '%'), { maxLength: 5 }).map((parts) => parts.join(''));

describe('KeyIndex', () => {
  it('finds by any prefix the keys that were added and not removed since, each once', () => {
    const change = fc.record({ key: keys, isAdded: fc.boolean() });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), fc.array(keys, { minLength: 1 }), (changes, prefixes) => {
        const index = new KeyIndex();
        const known = new Set<string>();
        for (const { key, isAdded } of changes) {
          if (isAdded) known.add(key);
          else known.delete(key);
          if (isAdded) index.add(key);
          else index.remove(key);
          for (const prefix of ['', key, ...prefixes]) {
            const expected = [...known].filter((each) => each.startsWith(prefix)).sort();
            expect(index.withPrefix(prefix).sort()).toEqual(expected);
          }
        }
      }),
    );
  });

  it('takes keys of a thousand segments that differ in the last alone', () => {
    const index = new KeyIndex();
    const stem = ':'.repeat(1_023);
    index.add(`${stem}a`);
    index.add(`${stem}b`);
    expect(index.withPrefix(stem)).toHaveLength(2);
    index.remove(`${stem}a`);
    expect(index.withPrefix('')).toEqual([`${stem}b`]);
    index.remove(`${stem}b`);
    expect(index.withPrefix('')).toEqual([]);
  });
});
