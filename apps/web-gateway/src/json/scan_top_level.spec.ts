import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readObject } from './read-object.ts';
import { scanTopLevel } from './scan-top-level.ts';
import { setTopLevel } from './set-top-level.ts';

const looked = new Set(['model', 'stream', 'messages', 'n']);
const scan = (text: string, maxDepth = 64) => scanTopLevel(Buffer.from(text), looked, maxDepth);

/** Writes a value as JSON with white space between the tokens and any character of a string escaped, as `choices` says. */
function write(value: unknown, choices: { next(): number }): string {
  const space = () => ['', '', ' ', '\n', '\t \r\n'][choices.next() % 5]!;
  const text = (content: string) =>
    `"${[
      ...JSON.stringify(content)
        .slice(1, -1)
        .matchAll(/\\u....|\\.|[^\\]/gs),
    ]
      .map(([unit]) => {
        const escapable = unit.length === 1 && choices.next() % 4 === 0;
        return escapable ? `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}` : unit;
      })
      .join('')}"`;
  const any = (item: unknown): string => {
    if (typeof item === 'string') return text(item);
    if (Array.isArray(item)) return `[${space()}${item.map(any).join(`${space()},${space()}`)}${space()}]`;
    if (item === null || typeof item !== 'object') return JSON.stringify(item);
    const members = Object.entries(item).map(([name, inner]) => `${text(name)}${space()}:${space()}${any(inner)}`);
    return `{${space()}${members.join(`${space()},${space()}`)}${space()}}`;
  };
  return `${space()}${any(value)}${space()}`;
}

const depthOf = (value: unknown): number =>
  typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;

const tricky = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('}', '{"model":1}', '\\', '\\"', '",', '"model"', ':', 'é{', '\u2028', '😀]'),
  fc.array(fc.constantFrom('\\', '"', 'x'), { maxLength: 200 }).map((list) => list.join('')),
);
// JSON.parse is what the scan is held to, and after a name with a backslash it misreads others: see escaped_names.spec.ts.
const name = fc.oneof(fc.constantFrom(...looked), tricky).map((text) => text.replaceAll('\\', '/'));
const anyValue = fc.jsonValue({ maxDepth: 4, stringUnit: fc.constantFrom(...'abn"{}[],:é😀\n ') });
const anyObject = fc.dictionary(name, fc.oneof(tricky, anyValue), { maxKeys: 8 });
const choices = fc.infiniteStream(fc.nat(1_000)).map((stream) => ({ next: () => stream.next().value as number }));

describe('scanTopLevel', () => {
  it('finds what JSON.parse finds, whatever is in strings, names and white space', () => {
    fc.assert(
      fc.property(anyObject, choices, (object, chosen) => {
        const body = Buffer.from(write(object, chosen));
        const value = JSON.parse(body.toString()) as Record<string, unknown>;
        const found = scanTopLevel(body, looked, 64);
        const expected = [...looked].filter((name) => Object.hasOwn(value, name));
        expect([...found.fields.keys()].sort()).toEqual(expected.sort());
        for (const [name, { start, end }] of found.fields) {
          const text = body.toString('utf8', start, end);
          expect(text).toBe(text.trim());
          expect(JSON.parse(text)).toEqual(value[name]);
        }
        expect(found.empty).toBe(Object.keys(value).length === 0);
        expect(found.depth).toBe(depthOf(value));
        expect(body[found.close]).toBe('}'.charCodeAt(0));
      }),
      { numRuns: 500 },
    );
  });

  it('ends on any bytes, and refuses nothing that JSON.parse takes for an object', () => {
    const pieces = fc.array(fc.constantFrom('{', '}', '[', ']', '"', '\\', ',', ':', 'model', '1', ' ', 'é'), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(pieces, (list) => {
        const text = `{${list.join('')}`;
        let refusal: unknown;
        try {
          scan(text);
        } catch (error) {
          refusal = error;
        }
        let parsed: unknown;
        try {
          parsed = JSON.parse(text);
        } catch {
          return;
        }
        const twice = (text.match(/"model"\s*:/g) ?? []).length > 1;
        if (typeof parsed === 'object' && !twice) expect(refusal).toBeUndefined();
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['{"model":1,"model":2}', 'model: must not be given twice'],
    ['{"model":1,"x":{"a":1},"mod\\u0065l":2}', 'model: must not be given twice'],
    ['[]', 'body: must be an object'],
    ['"model"', 'body: must be an object'],
    ['', 'body: must not be empty'],
    [' \n', 'body: must not be empty'],
    ['{"model":"a', 'body: must be valid JSON'],
    ['{"model":', 'body: must be valid JSON'],
    ['{"mod\\xl":1}', 'body: must be valid JSON'],
  ])('refuses %s', (text, message) => {
    expect(() => scan(text)).toThrow(expect.objectContaining({ code: 'invalid_request', message }));
  });

  it('leaves alone what stands twice but is not looked for, and what is looked for deeper down', () => {
    expect(scan('{"x":1,"x":2,"messages":[{"model":1},{"model":2}]}').fields.size).toBe(1);
  });

  it('allows the depth that it is given and not one more', () => {
    const nested = (depth: number) => `{"x":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;
    expect(scan(nested(64)).depth).toBe(64);
    expect(() => scan(nested(65))).toThrow('body: must not nest arrays and objects deeper than 64');
    expect(() => scan(`{"x":${'['.repeat(1_000_000)}`)).toThrow('deeper than 64');
  });
});

describe('setTopLevel', () => {
  it('gives the object that assignment gives, and keeps every other byte', () => {
    const values = fc.dictionary(fc.constantFrom(...looked), anyValue, { noNullPrototype: true });
    // What is read before and after refuses this name.
    const readable = anyObject.filter((object) => !Object.hasOwn(object, '__proto__'));
    fc.assert(
      fc.property(readable, choices, values, (object, chosen, set) => {
        const body = Buffer.from(write(object, chosen));
        const texts = Object.fromEntries(Object.entries(set).map(([name, value]) => [name, JSON.stringify(value)]));
        const changed = setTopLevel(body, scanTopLevel(body, looked, 64), texts);
        const read = (json: Buffer) => new Map(Object.entries(readObject(json, looked, 64).value));
        const expected = read(body);
        for (const [name, text] of Object.entries(texts)) expected.set(name, JSON.parse(text));
        expect(read(changed)).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });

  it('replaces and adds in place', () => {
    const body = Buffer.from('{ "stream" : true, "x": 1.0, "model":"a" }');
    const changed = setTopLevel(body, scanTopLevel(body, looked, 64), { model: '"b"', n: '1', stream: 'false' });
    expect(changed.toString()).toBe('{ "stream" : false, "x": 1.0, "model":"b" ,"n":1}');
  });

  it('gives the body itself back when there is nothing to set', () => {
    const body = Buffer.from('{}');
    expect(setTopLevel(body, scanTopLevel(body, looked, 64), {})).toBe(body);
  });

  it('refuses to add what might stand there already', () => {
    const body = Buffer.from('{"user":1}');
    expect(() => setTopLevel(body, scanTopLevel(body, looked, 64), { user: '2' })).toThrow(RangeError);
  });
});
