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

  it.each([
    ['{"a":[1,{"b":12345678901234567890}]}', 'a[1].b'],
    ['{"a":-9007199254740993}', 'a'],
    ['[0.12345678901234567890]', '[0]'],
    ['{"a":{"b":1e400}}', 'a.b'],
    ['{"a":1e-400,"b":1}', 'a'],
    ['100000000000000000000000000000000000000001', 'body'],
  ])('refuses %s, whose digits a double loses', (text, field) => {
    const message = `${field}: must be a number that a double holds to the last digit, or a string`;
    expect(() => read(text)).toThrow(expect.objectContaining({ code: 'invalid_request', message }));
  });

  it('names such a number from the top, where the bytes are a part of a body', () => {
    const part = Buffer.from('{"weights":[1,12345678901234567890]}');
    expect(() => strictJson(part, 64, ['metrics', 3])).toThrow('metrics[3].weights[1]: must be a number that');
  });

  it('reads every number that a double keeps, however it is written', () => {
    expect(
      read('[9007199254740991,1.50000000000000000000,0.000e-999,1E+2,-0.10e1,100e-2,12300000000000000000000]'),
    ).toEqual([...[Number.MAX_SAFE_INTEGER, 1.5, 0, 100, -1, 1, 1.23e22]]);
    expect(read('{"1234567890123456789":"12345678901234567890"}')).toEqual({
      '1234567890123456789': '12345678901234567890',
    });
    const double = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(double, fc.integer({ min: 17, max: 40 }), (number, digits) => {
        expect(read(JSON.stringify(number))).toBe(JSON.parse(JSON.stringify(number)));
        const shortest = number.toExponential();
        const zeros = `${shortest.includes('.') ? '' : '.'}${'0'.repeat(digits)}`;
        expect(read(shortest.replace('e', `${zeros}e`))).toBe(Number(shortest));
      }),
    );
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
