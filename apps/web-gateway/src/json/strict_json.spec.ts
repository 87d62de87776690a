import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { requireJson } from './content-type.ts';
import { readObject } from './read-object.ts';
import { strictJson } from './strict-json.ts';

const read = (text: string) => strictJson(Buffer.from(text), 64);

describe('strictJson', () => {
  it('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: fc.constantFrom(...'abn"{}[],:é😀\n ') }), (value) => {
        expect(read(JSON.stringify(value, null, 1))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('finds a name given twice, at any depth, however it is written', () => {
    const name = fc.string({ unit: 'binary', minLength: 1 }).filter((text) => text !== '__proto__');
    fc.assert(
      fc.property(name, fc.array(fc.constantFrom('object', 'array'), { maxLength: 10 }), (twice, around) => {
        const escaped = [...Array(twice.length).keys()]
          .map((index) => `\\u${twice.charCodeAt(index).toString(16).padStart(4, '0')}`)
          .join('');
        const inner = `{${JSON.stringify(twice)}:1,"other-${twice.length}":[{}],"${escaped}":2}`;
        const text = around.reduce((json, kind) => (kind === 'array' ? `[1,${json}]` : `{"a":${json}}`), inner);
        expect(() => read(text)).toThrow('must not be given twice');
      }),
    );
  });

  it.each([
    ['{"a":[{"b":1},{"b":1,"c":{"d":1,"d":2}}]}', 'a[1].c.d: must not be given twice'],
    ['{"__proto__":{"role":"admin"}}', '__proto__: is not allowed as a name'],
    ['{"a":{"__proto__":1}}', 'a.__proto__: is not allowed as a name'],
    ['{"\\u005f_proto__":1}', '__proto__: is not allowed as a name'],
    ['{"constructor":{"prototype":{}}}', 'constructor.prototype: is not allowed as a name'],
    ['', 'body: must not be empty'],
    ['{"a":1', 'body: must be valid JSON, and is not at position 6 (line 1 column 7)'],
    ['{a:1}', 'body: must be valid JSON, and is not at position 1 (line 1 column 2)'],
    ['\ufeff{}', 'body: must be valid JSON'],
    ['{"a":01}', 'body: must be valid JSON, and is not at position 6 (line 1 column 7)'],
  ])('refuses %s', (text, message) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ code: 'invalid_request', message }));
  });

  it('refuses what is nested too deep without parsing it', () => {
    expect(read('['.repeat(64) + ']'.repeat(64))).toBeDefined();
    expect(() => read('['.repeat(65) + ']'.repeat(65))).toThrow('must not nest arrays and objects deeper than 64');
    expect(() => read('{"a":'.repeat(1_000_000))).toThrow('deeper than 64');
  });

  it('refuses bytes that are not UTF-8', () => {
    expect(() => strictJson(Buffer.from([0x22, 0xe9, 0x22]), 64)).toThrow('body: must be UTF-8');
  });
});

describe('readObject', () => {
  const looked = new Set(['model']);

  it('gives the value and where the fields stand', () => {
    const { value, scan } = readObject(Buffer.from('{"model":"é","x":[1]}'), looked, 64);
    expect(value).toEqual({ model: 'é', x: [1] });
    expect(scan.fields.get('model')).toEqual({ start: 9, end: 13 });
  });

  it.each([
    [Buffer.from('{"model":1} x'), 'body: must be valid JSON, and is not at position 12 (line 1 column 13)'],
    [Buffer.from('{"model":1,}'), 'body: must be valid JSON, and is not at position 11 (line 1 column 12)'],
    [Buffer.from([0x7b, 0xff, 0x7d]), 'body: must be UTF-8'],
  ])('refuses %s', (body, message) => {
    expect(() => readObject(body, looked, 64)).toThrow(expect.objectContaining({ code: 'invalid_request', message }));
  });

  it.each(['{"__proto__":{"model":1}}', '{"\\u005f_proto__":null}'])('refuses the name __proto__ in %s', (text) => {
    expect(() => readObject(Buffer.from(text), looked, 64)).toThrow('__proto__: is not allowed as a name');
  });

  it('lets __proto__ be a field like any other deeper down, where nobody looks', () => {
    const { value } = readObject(Buffer.from('{"x":{"__proto__":{"model":1}}}'), looked, 64);
    expect((value['x'] as { model?: unknown }).model).toBeUndefined();
  });
});

describe('requireJson', () => {
  it.each([
    'application/json',
    'application/json; charset=utf-8',
    'Application/JSON;charset="UTF-8"',
    'application/x+json',
  ])('takes %s', (type) => {
    expect(() => requireJson({ 'content-type': type })).not.toThrow();
  });

  it.each([
    [{}, 'unsupported_media_type', 'content-type: must be application/json'],
    [{ 'content-type': 'text/plain' }, 'unsupported_media_type', 'content-type: must be application/json'],
    [
      { 'content-type': 'application/x-www-form-urlencoded' },
      'unsupported_media_type',
      'content-type: must be application/json',
    ],
    [
      { 'content-type': 'application/json; charset=iso-8859-1' },
      'invalid_request',
      'content-type: its charset must be utf-8',
    ],
    [
      { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      'unsupported_media_type',
      'content-encoding: must be left out: compressed bodies are not read',
    ],
  ])('refuses %j', (headers, code, message) => {
    expect(() => requireJson(headers)).toThrow(expect.objectContaining({ code, message }));
  });
});
