import { expect } from 'expect';
import { randomBytes } from 'node:crypto';
import { entryOf, type StoreUnderTest } from './harness.ts';
import { describe, it } from './runner.ts';

/** About so many bytes that don't get smaller by compressing them. */
function dense(bytes: number): string {
  return JSON.stringify(randomBytes(Math.ceil((bytes * 3) / 4)).toString('base64'));
}

export function describeBounds(test: StoreUnderTest, maxBytes: number): void {
  describe(`a limit of ${maxBytes} bytes`, () => {
    it('refuses what is larger than the store, and keeps what is there', async () => {
      await test.put('small');
      expect(await test.put('large', { json: dense(maxBytes + 1) })).toBe(false);
      expect(await test.found('small', 'large')).toEqual(['small']);
    });

    it('gives up the entries that were not used for long, and says how many', async () => {
      const bytes = Math.floor(maxBytes / 40);
      const keys = Array.from({ length: 120 }, (_, index) => `key${index}`);
      for (const key of keys) {
        expect(await test.put(key, { json: dense(bytes) })).toBe(true);
        await test.advance(1);
      }
      const left = await test.found(...keys);
      expect(left.length).toBeGreaterThanOrEqual(10);
      expect(left).toEqual(keys.slice(-left.length));
      const { evictions, entries, bytes: held, maxBytes: limit } = test.store.statistics();
      expect(evictions).toBe(keys.length - left.length);
      expect(entries ?? left.length).toBe(left.length);
      expect(limit).toBe(maxBytes);
      expect(held).toBeLessThanOrEqual(maxBytes);
    });

    it('holds for many small ones too, with what each takes beside its value', async () => {
      const count = Math.ceil(maxBytes / 64);
      for (let at = 0; at < count; at += 500)
        await Promise.all(Array.from({ length: 500 }, (_, index) => test.put(`small:${at + index}`, { json: '1' })));
      const { bytes, entries } = test.store.statistics();
      expect(bytes).toBeLessThanOrEqual(maxBytes);
      expect(entries ?? 0).toBeLessThan(count);
      expect(await test.found(`small:${count - 1}`)).toEqual([`small:${count - 1}`]);
    });

    it('is never a reason for a wrong value', async () => {
      const keys = Array.from({ length: 60 }, (_, index) => `key${index}`);
      const values = new Map<string, string>();
      for (let round = 0; round < 3; round += 1) {
        for (const key of keys) values.set(key, dense(maxBytes / 30));
        await Promise.all(keys.map((key) => test.put(key, entryOf({ json: values.get(key)! }))));
        const found = await test.store.getMany('space', keys);
        const wrong = keys.filter((key, index) => ![undefined, values.get(key)].includes(found[index]!.entry?.json));
        expect(wrong).toEqual([]);
      }
    });
  });
}
