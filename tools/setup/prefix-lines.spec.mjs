import { describe, expect, it } from '@jest/globals';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { prefixLines } from './prefix-lines.mjs';

/** @param {readonly Uint8Array[]} chunks */
async function prefixed(chunks) {
  /** @type {string[]} */
  const lines = [];
  const output = await text(Readable.from(chunks).pipe(prefixLines('[a] ', (line) => lines.push(line))));
  return { output, lines };
}

describe('prefixed output', () => {
  it('is whole lines, however the bytes arrive', async () => {
    const bytes = Buffer.from('one\nzwölf\n\nlast');
    const chunks = Array.from(bytes, (_byte, index) => bytes.subarray(index, index + 1));
    const { output, lines } = await prefixed(chunks);
    expect(output).toBe('[a] one\n[a] zwölf\n[a] \n[a] last\n');
    expect(lines).toEqual(['one', 'zwölf', '', 'last']);
  });

  it('passes an endless line on in pieces instead of collecting it', async () => {
    const { output } = await prefixed(Array.from({ length: 20 }, () => Buffer.alloc(16 * 1024, 'x')));
    const lines = output.trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(1);
    expect(lines.map((line) => line.slice(4)).join('')).toBe('x'.repeat(20 * 16 * 1024));
  });
});
