import { expect } from 'expect';
import { LONG_MS, type StoreUnderTest } from './harness.ts';
import { describe, it } from './runner.ts';

/** Short enough to be waited for, where a store's clock can't be moved. */
const SHORT_MS = 40;
const OVER_MS = 80;

export function describeLife(test: StoreUnderTest): void {
  describe('the life of an entry', () => {
    it('is what is left of it, never more', async () => {
      await test.put('key', { freshForMs: 60_000 });
      const before = (await test.find('key'))!.freshForMs;
      expect(before).toBeLessThanOrEqual(60_000);
      expect(before).toBeGreaterThan(0);
      await test.advance(OVER_MS);
      expect((await test.find('key'))!.freshForMs).toBeLessThanOrEqual(before - OVER_MS + 2);
    });

    it('is never more than its whole life, whatever another tier says is left', async () => {
      await test.put('key', { ttlMs: 60_000, freshForMs: LONG_MS });
      expect((await test.find('key'))!.freshForMs).toBeLessThanOrEqual(60_000);
    });

    it('is over after it', async () => {
      await test.put('key', { ttlMs: SHORT_MS });
      await test.advance(OVER_MS);
      expect(await test.find('key')).toBeUndefined();
    });

    it('is followed by the time that it may be served as stale', async () => {
      await test.put('key', { ttlMs: SHORT_MS, staleForMs: LONG_MS });
      await test.advance(OVER_MS);
      expect((await test.find('key'))?.freshForMs).toBeLessThanOrEqual(0);
    });

    it('is over after that time too', async () => {
      await test.put('key', { ttlMs: SHORT_MS / 2, staleForMs: SHORT_MS / 2 });
      await test.advance(OVER_MS);
      expect(await test.find('key')).toBeUndefined();
    });

    it('may be over when another tier gives it up, and its stale time is what is left', async () => {
      await test.put('stale', { freshForMs: -1_000, staleForMs: 60_000 });
      expect((await test.find('stale'))?.freshForMs).toBeLessThanOrEqual(-1_000);
      await test.put('gone', { freshForMs: -1_000, staleForMs: 1_000 });
      expect(await test.find('gone')).toBeUndefined();
    });

    it('ends alone: what has more of it stays', async () => {
      await test.put('short', { ttlMs: SHORT_MS });
      await test.put('long');
      await test.advance(OVER_MS);
      await test.store.purge?.();
      expect(await test.found('short', 'long')).toEqual(['long']);
    });

    it('begins again with a new value', async () => {
      await test.put('key', { ttlMs: SHORT_MS });
      await test.put('key', { ttlMs: LONG_MS });
      await test.advance(OVER_MS);
      await test.store.purge?.();
      expect(await test.found('key')).toEqual(['key']);
    });

    it('that is over leaves room for what another tier gives up', async () => {
      await test.put('key', { ttlMs: SHORT_MS });
      await test.advance(OVER_MS);
      expect(await test.put('key', { json: '2', ifAbsent: true })).toBe(true);
      expect((await test.find('key'))?.json).toBe('2');
    });
  });
}
