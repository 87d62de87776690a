import { describe, expect, it } from '@jest/globals';
import { bigintColumn } from '../index.ts';

describe('bigintColumn', () => {
  it.each([0n, -1n, 2n ** 63n - 1n, -(2n ** 63n)])('carries %s there and back', (value) => {
    const stored = bigintColumn.to(value) as string;
    expect(stored).toBe(String(value));
    expect(bigintColumn.from(stored)).toBe(value);
  });

  it.each([null, undefined])('leaves %s alone', (value) => {
    expect(bigintColumn.to(value)).toBe(value);
    expect(bigintColumn.from(value)).toBe(value);
  });
});
