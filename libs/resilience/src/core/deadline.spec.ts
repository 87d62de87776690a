import { beforeEach, describe, expect, it } from '@jest/globals';
import { SimulatedTime } from '../testing/simulated-time.ts';
import { Deadline } from './deadline.ts';

let time: SimulatedTime;
beforeEach(() => {
  time = new SimulatedTime();
});

const after = (ms: number, options = {}) => Deadline.after(ms, { clock: time, dependency: 'shop', ...options });

describe('a deadline', () => {
  it('says what is left, down to nothing', () => {
    const deadline = after(100);
    time.skip(40);
    expect([deadline.remainingMs(), deadline.expired]).toEqual([60, false]);
    time.skip(100);
    expect([deadline.remainingMs(), deadline.expired]).toEqual([0, true]);
    expect(() => deadline.throwIfOver()).toThrow('shop did not answer within the 100 ms that the whole call had');
  });

  it('aborts its signal when it is over, with the error that says so', async () => {
    const { signal } = after(100);
    await time.advance(99);
    expect(signal.aborted).toBe(false);
    await time.advance(1);
    expect(signal.reason).toMatchObject({
      name: 'DeadlineExceeded',
      dependency: 'shop',
      limit: 'total',
      limitMs: 100,
      retryable: false,
    });
  });

  it('has a timer only while somebody looks', async () => {
    const deadline = after(100);
    expect(time.waiting).toBe(0);
    const { signal } = deadline;
    expect(time.waiting).toBe(1);
    deadline.close();
    deadline.close();
    expect(time.waiting).toBe(0);
    await time.advance(200);
    expect(signal.aborted).toBe(false);
  });

  it('ends with the signal of its caller, for the same reason', () => {
    const caller = new AbortController();
    const deadline = after(100, { signal: caller.signal });
    const child = deadline.child(50, { signal: new AbortController().signal });
    const signals = [deadline.signal, child.signal];
    caller.abort('gone');
    expect(signals.map(({ reason }) => reason as string)).toEqual(['gone', 'gone']);
    expect(time.waiting).toBe(0);
    expect(() => child.throwIfOver()).toThrow('gone');
  });

  it('has a signal that has aborted where it is over already', () => {
    const deadline = after(100);
    time.skip(100);
    expect(deadline.signal.reason).toMatchObject({ name: 'DeadlineExceeded' });
    expect(after(100, { signal: AbortSignal.abort('gone') }).signal.reason).toBe('gone');
    expect(time.waiting).toBe(0);
  });

  it('shrinks: a child is over with its parent at the latest, and says which of the two it was', async () => {
    const parent = after(100);
    const [short, long, same] = [parent.child(30, { limit: 'attempt' }), parent.child(500), parent.child()];
    expect([short, long, same].map((child) => child.remainingMs())).toEqual([30, 100, 100]);
    const signals = [short.signal, long.signal, same.signal];
    await time.advance(100);
    expect(signals.map(({ reason }) => reason as unknown)).toMatchObject([
      { limit: 'attempt', limitMs: 30, retryable: true },
      { limit: 'total', limitMs: 100 },
      { limit: 'total', limitMs: 100 },
    ]);
  });

  it.each([0, -1, Infinity, NaN, 2 ** 31])('refuses a time of %p', (ms) => {
    expect(() => after(ms)).toThrow(/^ms must be a number of milliseconds above 0/);
    expect(() => after(1).child(ms)).toThrow(TypeError);
  });
});
