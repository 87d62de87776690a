import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { checksum, NONE, packed, PLAIN, unpacked, ZSTD } from './body.ts';

describe('a value on the disk', () => {
  it('is compressed above a size', () => {
    const json = JSON.stringify('a'.repeat(4_095));
    expect(packed(json, json.length)).toMatchObject({ encoding: PLAIN });
    const { encoding, bytes } = packed(json, json.length - 1);
    expect(encoding).toBe(ZSTD);
    expect(bytes.length).toBeLessThan(json.length / 10);
  });

  it('is not compressed where that saves nothing', () => {
    expect(packed('"ab"', 1)).toEqual({ encoding: PLAIN, bytes: Buffer.from('"ab"') });
  });

  it('comes back as it was, whatever it is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(50), (value, compressAboveBytes) => {
        const json = JSON.stringify(value);
        expect(unpacked(packed(json, compressAboveBytes))).toBe(json);
      }),
    );
    expect(packed(undefined, 0).encoding).toBe(NONE);
    expect(unpacked(packed(undefined, 0))).toBeUndefined();
  });

  it('has another checksum with any change of what goes with it', () => {
    const bytes = Buffer.from('value');
    const sums = [
      checksum(['a', 'b', 1], bytes),
      checksum(['a', 'b', 1], Buffer.from('valuf')),
      checksum(['ab', '', 1], bytes),
      checksum(['a', 'b', 11], bytes),
      checksum(['a', 'b1'], bytes),
    ];
    expect(new Set(sums).size).toBe(sums.length);
  });
});
