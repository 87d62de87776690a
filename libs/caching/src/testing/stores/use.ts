import { expect } from 'expect';
import type { StoreUnderTest } from './harness.ts';
import { describe, it } from './runner.ts';

export function describeUse(test: StoreUnderTest): void {
  describe('used by many at once', () => {
    it('loses and mixes up nothing', async () => {
      const keys = Array.from({ length: 500 }, (_, index) => `key:${index}`);
      const kept = await Promise.all(keys.map((key) => test.put(key, { json: JSON.stringify(key.repeat(20)) })));
      expect(kept.filter((one) => !one)).toEqual([]);
      const found = await Promise.all(keys.map((key) => test.find(key)));
      expect(found.map((entry) => entry?.json)).toEqual(keys.map((key) => JSON.stringify(key.repeat(20))));
    });

    it('has one of the values that were written, whole', async () => {
      const values = Array.from({ length: 50 }, (_, index) => JSON.stringify(String(index).repeat(5_000)));
      const writing = values.map((json) => test.put('key', { json }));
      const reading = values.map(() => test.find('key'));
      const read = (await Promise.all(reading)).map((entry) => entry?.json);
      await Promise.all(writing);
      expect(read.filter((json) => json !== undefined && !values.includes(json))).toEqual([]);
      expect(values).toContain((await test.find('key'))?.json);
    });

    it('gives one of many the place that is empty', async () => {
      const kept = await Promise.all(
        Array.from({ length: 20 }, (_, index) => test.put('key', { json: String(index), ifAbsent: true })),
      );
      expect(kept.filter(Boolean)).toHaveLength(1);
      expect((await test.find('key'))?.json).toBe(String(kept.indexOf(true)));
    });

    it('finds nothing of before an invalidation after it, whatever else is going on', async () => {
      for (let round = 0; round < 20; round += 1) {
        const since = await test.position('key');
        const slow = [1, 2, 3].map(() => test.put('key', { json: `"old"`, tags: ['tag'], since }));
        await test.store.invalidate('space', { kind: 'tags', tags: ['tag'] });
        const late = test.put('key', { json: `"old"`, tags: ['tag'], since });
        expect((await test.find('key'))?.json).toBeUndefined();
        await Promise.all([...slow, late]);
        expect((await test.find('key'))?.json).toBeUndefined();
      }
    });
  });
}

export function describeStatistics(test: StoreUnderTest): void {
  describe('its statistics', () => {
    it('are numbers, or null where finding out is dear', async () => {
      await test.put('key');
      const { bytes, maxBytes, entries, evictions, expirations } = test.store.statistics();
      for (const figure of [bytes, maxBytes, entries]) expect(figure ?? 1).toBeGreaterThan(0);
      expect([evictions, expirations]).toEqual([0, 0]);
    });
  });
}

export function describeClosing(test: StoreUnderTest): void {
  describe('closing', () => {
    it('may be asked for twice, and ends it: what is asked then is refused', async () => {
      await test.put('key');
      await Promise.all([test.store.close(), test.store.close()]);
      await expect(test.store.getMany('space', ['key'])).rejects.toThrow();
      await expect(test.put('key')).rejects.toThrow();
      await expect(test.store.invalidate('space', { kind: 'all' })).rejects.toThrow();
    });

    it('leaves no call without an answer', async () => {
      const calls = Array.from({ length: 50 }, (_, index) => test.put(`key:${index}`));
      const closing = test.store.close();
      await Promise.allSettled(calls);
      await closing;
    });
  });
}
