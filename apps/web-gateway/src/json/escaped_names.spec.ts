import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readObject } from './read-object.ts';
import { strictJson } from './strict-json.ts';

const looked = new Set(['model', 'n', 'stream', 'max_tokens']);

/** `name` with the characters at `indices` (taken round and round) written as \uXXXX, without quotes. */
function escape(name: string, indices: readonly number[]): string {
  const at = new Set(indices.map((index) => index % name.length));
  const unit = (index: number) => `\\u${name.charCodeAt(index).toString(16).padStart(4, '0')}`;
  return [...Array(name.length).keys()].map((index) => (at.has(index) ? unit(index) : name[index])).join('');
}

let shapes = 0;

/**
 * A field that no object had before, and the V8 that we run on made to expect, after it, a name that looks like the
 * escaped form of `name`: see nodejs/node#63785.
 */
function poisoned(name: string, escaped: string): string {
  const first = `"first-${shapes++}":0`;
  JSON.parse(`{${first},${JSON.stringify(escaped.slice(0, name.length))}:0}`);
  return first;
}

describe('a name that is written with escapes', () => {
  it('is read as what it says, whatever names were read before', () => {
    fc.assert(
      fc.property(fc.constantFrom(...looked), fc.array(fc.nat(), { maxLength: 3 }), (name, indices) => {
        const escaped = escape(name, indices);
        const flat = Buffer.from(`{${poisoned(name, escaped)},"${escaped}" :50}`);
        const { value, scan } = readObject(flat, looked, 64);
        expect(value[name]).toBe(50);
        expect([...scan.fields.keys()]).toEqual([name]);
        expect(strictJson(Buffer.from(`{${poisoned(name, escaped)},"${escaped}":50}`), 64)).toMatchObject({
          [name]: 50,
        });
        const nested = Buffer.from(`{"messages":[{${poisoned(name, escaped)},"${escaped}"\n:50}]}`);
        expect(readObject(nested, looked, 64).value).toMatchObject({ messages: [{ [name]: 50 }] });
      }),
    );
  });

  it('is read as what it says beside names that need their escapes', () => {
    const text = `{"model":1,"messages":[{"m\\u006fdel":2,"\\"\\\\":3,"\\u006e":"\\u006e"}],"\\"":4}`;
    const value = { model: 1, messages: [expect.objectContaining({ model: 2, n: 'n' })] };
    expect(readObject(Buffer.from(text), looked, 64).value).toMatchObject(value);
    expect(strictJson(Buffer.from(text), 64)).toMatchObject(value);
  });

  it.each(['{"\\x":1}', '{"\\u00":1}', '{"a":{"\\ud8zz":1}}', '{"\\u006e"}', '{"\\u006e" 1}'])('refuses %s', (text) => {
    expect(() => readObject(Buffer.from(text), looked, 64)).toThrow('body: must be valid JSON');
    expect(() => strictJson(Buffer.from(text), 64)).toThrow('body: must be valid JSON');
  });
});
