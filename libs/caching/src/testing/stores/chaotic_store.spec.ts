import { describe, expect, it } from '@jest/globals';
import { waitUntil } from '@purser/testing';
import { alwaysDelays, alwaysThrows, chaotic, neverAnswers, randomFaults, type Fault } from './chaotic-store.ts';
import { entryOf } from './harness.ts';
import { ReferenceStore } from './reference-store.ts';

const storing = { namespace: 'space', key: 'key', entry: entryOf(), freshForMs: 1_000, since: undefined };
const newStore = (): ReferenceStore => new ReferenceStore({ now: () => 0 });

async function isThere(store: ReferenceStore): Promise<boolean> {
  return (await store.getMany('space', ['key']))[0]!.entry !== undefined;
}

describe('a store that goes wrong', () => {
  it('always throws, and does nothing', async () => {
    const store = newStore();
    await expect(alwaysThrows(store, new Error('as told')).set(storing)).rejects.toThrow('as told');
    expect(await isThere(store)).toBe(false);
  });

  it('loses the answer to what it did', async () => {
    const store = newStore();
    await expect(chaotic(store, () => ({ kind: 'lose' })).set(storing)).rejects.toThrow('lost');
    expect(await isThere(store)).toBe(true);
  });

  it('begins later', async () => {
    const store = newStore();
    const setting = alwaysDelays(store, 5).set(storing);
    expect(await isThere(store)).toBe(false);
    expect(await setting).toBe(true);
    expect(await isThere(store)).toBe(true);
  });

  it('never answers', async () => {
    const store = newStore();
    const settled: string[] = [];
    void neverAnswers(store)
      .set(storing)
      .finally(() => settled.push('answered'));
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(settled).toEqual([]);
    expect(await isThere(store)).toBe(false);
  });

  it('does a thing again after it was answered', async () => {
    const store = newStore();
    expect(await chaotic(store, () => ({ kind: 'duplicate', ms: 5 })).set(storing)).toBe(true);
    await store.invalidate('space', { kind: 'all' });
    await waitUntil(() => isThere(store), { timeoutMs: 10_000, what: 'the second time is done' });
  });

  it('lets what does not go wrong through', async () => {
    const store = newStore();
    const wrapped = chaotic(store, (call) => (call === 'set' ? { kind: 'throw' } : undefined));
    await expect(wrapped.set(storing)).rejects.toThrow();
    expect(await wrapped.getMany('space', ['key'])).toEqual([{ entry: undefined, position: 0 }]);
    await expect(wrapped.purge!()).resolves.toBeUndefined();
    expect(wrapped.lock).toBeUndefined();
  });

  it('goes wrong by chance as often as told, and the same way again with the same seed', () => {
    const draw = (seed: number): (Fault | undefined)[] => {
      const next = randomFaults(seed, { throw: 0.1, lose: 0.1, drop: 0.1, delay: 0.2, duplicate: 0.1, maxDelayMs: 3 });
      return Array.from({ length: 5_000 }, () => next('set'));
    };
    const drawn = draw(1);
    expect(draw(1)).toEqual(drawn);
    expect(draw(2)).not.toEqual(drawn);
    const share = (kind: string): number => drawn.filter((fault) => (fault?.kind ?? 'none') === kind).length / 5_000;
    for (const kind of ['throw', 'lose', 'drop', 'duplicate']) expect(share(kind)).toBeCloseTo(0.1, 1);
    expect(share('delay')).toBeCloseTo(0.2, 1);
    expect(share('none')).toBeCloseTo(0.4, 1);
  });
});
