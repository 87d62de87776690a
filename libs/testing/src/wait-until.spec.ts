import { describe, expect, it } from '@jest/globals';
import { waitUntil } from './index.ts';

describe('waitUntil', () => {
  it('returns what the condition gives once it holds, whatever it threw before', async () => {
    let calls = 0;
    const condition = () => {
      if (++calls < 3) throw new Error('not yet');
      return calls < 4 ? 0 : 'there';
    };
    expect(await waitUntil(condition, { timeoutMs: 5_000, everyMs: 1, what: 'it is there' })).toBe('there');
    expect(calls).toBe(4);
  });

  it('says what it waited for, and what the condition gave or threw last', async () => {
    const options = { timeoutMs: 5, everyMs: 1, what: 'the lease is returned' };
    await expect(waitUntil(() => null, options)).rejects.toThrow(
      '5 ms in vain until the lease is returned (last: null)',
    );
    const throwing = () => Promise.reject(new Error('no lease'));
    await expect(waitUntil(throwing, options)).rejects.toThrow('last error: no lease');
  });
});
