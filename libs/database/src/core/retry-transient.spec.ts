import { describe, expect, it } from '@jest/globals';
import { retryTransient } from '../index.ts';

const fast = { baseDelayMs: 0, maxDelayMs: 0 };
const lost = () => Object.assign(new Error('deadlock detected'), { code: '40P01' });

describe('retryTransient', () => {
  it('gives up after the attempts, with the last failure', async () => {
    let calls = 0;
    const work = () => Promise.reject(Object.assign(lost(), { message: `deadlock ${++calls}` }));
    await expect(retryTransient(work, { ...fast, attempts: 3 })).rejects.toThrow('deadlock 3');
    expect(calls).toBe(3);
  });

  it('returns the first success', async () => {
    let calls = 0;
    const work = () => (++calls < 3 ? Promise.reject(lost()) : Promise.resolve('won'));
    expect(await retryTransient(work, fast)).toBe('won');
    expect(calls).toBe(3);
  });

  it('does not repeat what would fail the same way again', async () => {
    let calls = 0;
    const work = () => {
      calls++;
      return Promise.reject(Object.assign(new Error('timeout'), { code: '57014' }));
    };
    await expect(retryTransient(work, fast)).rejects.toThrow('timeout');
    expect(calls).toBe(1);
  });
});
