import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { findLists } from './find-lists.ts';
import { strictJson } from './strict-json.ts';

const MOST = 1_000;

/** Reads a text by its frame and entries. */
async function readInParts(text: string): Promise<unknown> {
  const body = Buffer.from(text);
  const { frame, entries } = await findLists(body, MOST);
  const value = strictJson(frame, 64);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const read = ([name, list]: [string, unknown]) => {
    if (!Array.isArray(list)) return [name, list] as const;
    const values = (list as number[]).map((index, position) => {
      const { start, end } = entries[index]!;
      return strictJson(body.subarray(start, end), 64, [name, position]);
    });
    return [name, values] as const;
  };
  return Object.fromEntries(Object.entries(value).map(read));
}

const readWhole = async (text: string): Promise<unknown> => strictJson(Buffer.from(text), 64);
const outcome = (reading: Promise<unknown>) =>
  reading.then(
    (value) => ({ value }),
    () => 'refused',
  );

describe('the lists of an object', () => {
  const leaf = fc.jsonValue({ stringUnit: fc.constantFrom(...'ab"\\{}[],:é😀\n ') });
  const lists = fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.oneof(fc.array(leaf), leaf));

  it('are read in parts as in one go', async () => {
    await fc.assert(
      fc.asyncProperty(lists, fc.constantFrom(0, 1), async (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        expect(await readInParts(text)).toEqual(await readWhole(text));
      }),
    );
  });

  it('are refused in parts where they are in one go, whatever is cut out or put in', async () => {
    const damaged = fc
      .tuple(lists, fc.nat(), fc.nat(3), fc.constantFrom('', ...'{}[],:"0 \\'))
      .map(([value, at, cut, put]) => {
        const text = JSON.stringify(value);
        const position = at % (text.length + 1);
        return text.slice(0, position) + put + text.slice(position + cut);
      });
    await fc.assert(
      fc.asyncProperty(damaged, async (text) => {
        expect(await outcome(readInParts(text))).toEqual(await outcome(readWhole(text)));
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([
    '[[1,2],[3]]',
    '7',
    '"[{"',
    '{"a":[1,2}',
    '{"a":[1}]',
    '{}[[1]]',
    '{"a":[{]}]}',
    '{"a":[,]}',
    '{"a":[1,]}',
    '{"a":[1',
  ])('of %s are read or refused alike', async (text) => {
    expect(await outcome(readInParts(text))).toEqual(await outcome(readWhole(text)));
  });

  it('end with the first entry too many', async () => {
    const body = Buffer.from(JSON.stringify({ a: Array.from({ length: MOST * 10 }, () => 0), b: [1] }));
    const { frame, entries } = await findLists(body, MOST);
    expect(entries).toHaveLength(MOST + 1);
    expect(strictJson(frame, 64)).toHaveProperty('a.length', MOST + 1);
  });

  it('leave little room for anything else', async () => {
    const body = Buffer.from(JSON.stringify({ a: { b: 'x'.repeat(70_000) } }));
    await expect(findLists(body, MOST)).rejects.toThrow('body: must have at most 65536 bytes beside the entries');
  });
});
