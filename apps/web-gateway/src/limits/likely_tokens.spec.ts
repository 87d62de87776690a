import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { bytesUnescaped, likelyTokens } from './likely-tokens.ts';

const escaped = (text: string) =>
  text.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

describe('the bytes of a JSON text', () => {
  it('are those of its characters, however these are written', () => {
    const plain = fc.string({ unit: 'binary' }).map((text) => text.toWellFormed().replace(/["\\]/g, ''));
    fc.assert(
      fc.property(plain, fc.boolean(), (text, upper) => {
        const json = `["${upper ? escaped(text).replace(/[a-f]/g, (digit) => digit.toUpperCase()) : escaped(text)}"]`;
        expect(bytesUnescaped(Buffer.from(json))).toBe(Buffer.byteLength(`["${text}"]`));
      }),
      { numRuns: 500 },
    );
  });

  it('are no fewer for a backslash before a u, or for nothing', () => {
    const path = Buffer.from(String.raw`["C:\\users"]`);
    expect([bytesUnescaped(path), bytesUnescaped(Buffer.alloc(0))]).toEqual([path.length, 0]);
  });
});

it('a token is likely to be four bytes long', () => {
  expect([0, 1, 4, 5].map(likelyTokens)).toEqual([0, 1, 1, 2]);
});
