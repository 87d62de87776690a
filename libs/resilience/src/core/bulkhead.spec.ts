import { beforeEach, describe, expect, it } from '@jest/globals';
import { SimulatedTime } from '../testing/simulated-time.ts';
import { Bulkhead } from './bulkhead.ts';
import { neverAborted } from './deadline.ts';

let time: SimulatedTime;
let bulkhead: Bulkhead;
beforeEach(() => {
  time = new SimulatedTime();
  bulkhead = new Bulkhead({ name: 'shop', maxConcurrent: 2, maxQueued: 2, maxWaitMs: 500, clock: time });
});

/** Work of so long, which says when it has ended. */
const ended: string[] = [];
beforeEach(() => void ended.splice(0));
const work = (name: string, ms: number, signal = neverAborted) =>
  bulkhead
    .execute(async () => {
      await time.sleep(ms);
      ended.push(name);
    }, signal)
    .catch((error: unknown) => error);

describe('a bulkhead', () => {
  it('has so many under way at once, and the others wait in the order of their coming', async () => {
    const all = [work('a', 100), work('b', 150), work('c', 10), work('d', 10)];
    expect(bulkhead.statistics()).toEqual({ active: 2, queued: 2, refused: 0, waitedTooLong: 0 });
    await time.advance(1_000);
    await Promise.all(all);
    expect(ended).toEqual(['a', 'c', 'd', 'b']);
    expect(bulkhead.statistics()).toMatchObject({ active: 0, queued: 0 });
    expect(time.waiting).toBe(0);
  });

  it('refuses at once where the queue is full', async () => {
    const all = ['a', 'b', 'c', 'd'].map((name) => work(name, 100));
    await expect(work('e', 1)).resolves.toMatchObject({
      name: 'BulkheadFull',
      dependency: 'shop',
      reason: 'queue-full',
    });
    await time.advance(1_000);
    await Promise.all(all);
    expect(ended).not.toContain('e');
  });

  it('refuses who has waited too long', async () => {
    const all = [work('a', 2_000), work('b', 2_000), work('c', 1)];
    await time.advance(500);
    await expect(all[2]).resolves.toMatchObject({ name: 'BulkheadFull', reason: 'waited-too-long' });
    expect(bulkhead.statistics()).toEqual({ active: 2, queued: 0, refused: 0, waitedTooLong: 1 });
    await time.advance(2_000);
    expect(ended).toEqual(['a', 'b']);
  });

  it('gives no place to who went away', async () => {
    const caller = new AbortController();
    const all = [work('a', 100), work('b', 200), work('c', 10, caller.signal), work('d', 10)];
    await time.advance(50);
    caller.abort('gone');
    await expect(all[2]).resolves.toBe('gone');
    await time.advance(1_000);
    await Promise.all(all);
    expect(ended).toEqual(['a', 'd', 'b']);
    await expect(work('e', 1, AbortSignal.abort('before'))).resolves.toBe('before');
    expect(bulkhead.statistics().active).toBe(0);
  });
});
