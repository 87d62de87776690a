import { describe, expect, it } from '@jest/globals';
import { operationSequence } from './operation.ts';

describe('the sequence of operations', () => {
  it('holds the mix in every stretch as long as its sum, and is the same each time', () => {
    const operationOf = operationSequence({ chat: 7, stream: 2, read: 1 });
    const names = Array.from({ length: 40 }, (_, index) => operationOf(index));
    for (let at = 0; at < 40; at += 10) {
      const counts = { chat: 0, stream: 0, read: 0 };
      for (const name of names.slice(at, at + 10)) counts[name] += 1;
      expect(counts).toEqual({ chat: 7, stream: 2, read: 1 });
    }
    const again = operationSequence({ chat: 7, stream: 2, read: 1 });
    expect(names.map((_, index) => again(index))).toEqual(names);
    expect(names.slice(0, 10).join()).not.toContain('stream,stream');
  });

  it('leaves out what has no part', () => {
    const operationOf = operationSequence({ chat: 0, stream: 3, read: 0 });
    expect(new Set([0, 1, 2, 3].map(operationOf))).toEqual(new Set(['stream']));
  });
});
