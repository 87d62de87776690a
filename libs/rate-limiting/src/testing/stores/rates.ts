import { expect } from 'expect';
import { rateLimit } from '../../core/limit.ts';
import { HOUR_MS, type StoreUnderTest } from './harness.ts';
import { describe, it } from './runner.ts';

const requests = rateLimit('requests', { amount: 10, perMs: 10 * HOUR_MS });
const tokens = rateLimit('tokens', { amount: 1_000, perMs: 1_000 * HOUR_MS });

export function describeRates(test: StoreUnderTest): void {
  describe('rates', () => {
    it('give all that the capacity holds and no more, and say when to come again', async () => {
      for (let call = 0; call < 10; call += 1) await test.taken({ limit: requests, subject: 'a' });
      const { by, retryAfterMs, standings } = await test.refused({ limit: requests, subject: 'a' });
      expect(by).toBe(0);
      expect(retryAfterMs).toBeGreaterThan(HOUR_MS - 60_000);
      expect(retryAfterMs).toBeLessThanOrEqual(HOUR_MS);
      expect(standings).toHaveLength(1);
      expect(standings[0]).toMatchObject({ limit: requests, subject: 'a', remaining: 0 });
    });

    it('are full at first, and say until when they will be again', async () => {
      expect(await test.look({ limit: requests, subject: 'a' })).toMatchObject([{ remaining: 10, resetMs: 0 }]);
      await test.taken({ limit: requests, subject: 'a', cost: 4 });
      const [standing] = await test.look({ limit: requests, subject: 'a' });
      expect(standing!.remaining).toBe(6);
      expect(standing!.resetMs).toBeGreaterThan(4 * HOUR_MS - 60_000);
      expect(standing!.resetMs).toBeLessThanOrEqual(4 * HOUR_MS);
    });

    it('refill in their time, and never beyond the capacity', async () => {
      const fast = rateLimit('fast', { amount: 2, perMs: 100 });
      await test.taken({ limit: fast, subject: 'a', cost: 2 });
      await test.advance(150);
      expect(await test.remaining(fast, 'a')).toBe(2);
      await test.taken({ limit: fast, subject: 'a', cost: 2 });
      expect((await test.refused({ limit: fast, subject: 'a', cost: 2 })).retryAfterMs).toBeLessThanOrEqual(100);
    });

    it('take parts exactly: as many tenths as there are', async () => {
      const small = rateLimit('small', { amount: 3, perMs: 7 * HOUR_MS });
      for (let call = 0; call < 30; call += 1) await test.taken({ limit: small, subject: 'a', cost: 0.1 });
      await test.refused({ limit: small, subject: 'a', cost: 0.1 });
    });

    it('let whatever costs nothing pass, also where nothing is left', async () => {
      await test.taken({ limit: requests, subject: 'a', cost: 0 }, { limit: tokens, subject: 'a', cost: 1_000 });
      await test.taken({ limit: tokens, subject: 'a', cost: 0 });
      expect(await test.remaining(requests, 'a')).toBe(10);
    });

    it('never have what is above the capacity come again', async () => {
      const { retryAfterMs, standings } = await test.refused({ limit: requests, subject: 'a', cost: 10.5 });
      expect(retryAfterMs).toBeUndefined();
      expect(standings[0]!.remaining).toBe(10);
    });

    it('refuse what is above the capacity by however little', async () => {
      const large = rateLimit('large', { amount: 10_000_000, perMs: HOUR_MS });
      for (const cost of [10_000_005, 10_000_000 + 1e-7]) {
        expect((await test.refused({ limit: large, subject: 'a', cost })).retryAfterMs).toBeUndefined();
      }
      await test.taken({ limit: large, subject: 'a', cost: 10_000_000 });
    });

    it('are taken all or none, by the first that does not fit', async () => {
      await test.taken({ limit: tokens, subject: 'a', cost: 990 });
      const demands = [
        { limit: requests, subject: 'a' },
        { limit: tokens, subject: 'a', cost: 20 },
        { limit: tokens, subject: 'b', cost: 2_000 },
      ];
      const { by, standings } = await test.refused(...demands);
      expect(by).toBe(1);
      expect(standings.map(({ remaining }) => remaining)).toEqual([10, 10, 1_000]);
    });

    it('keep subjects and names apart, whatever they are', async () => {
      const subjects = ['a', 'a:b', '{a}', 'ä', '__proto__', ' ', 'x'.repeat(256)];
      for (const subject of subjects) await test.taken({ limit: requests, subject, cost: 10 });
      expect(await test.remaining(tokens, 'a')).toBe(1_000);
      expect(await test.remaining(requests, 'b')).toBe(10);
    });

    it('are corrected beyond the capacity, and back', async () => {
      await test.taken({ limit: requests, subject: 'a', cost: 4 });
      await test.store.correct([{ limit: requests, subject: 'a', by: 11 }]);
      expect(await test.remaining(requests, 'a')).toBe(-5);
      await test.refused({ limit: requests, subject: 'a' });
      await test.store.correct([{ limit: requests, subject: 'a', by: -7 }]);
      expect(await test.remaining(requests, 'a')).toBe(2);
      await test.store.correct([{ limit: requests, subject: 'a', by: -70 }]);
      expect(await test.remaining(requests, 'a')).toBe(10);
      await test.refused({ limit: requests, subject: 'a', cost: 11 });
    });

    it('owe no more than numbers can tell, however often they are corrected', async () => {
      const most = { limit: requests, subject: 'a', by: 1e12 };
      await test.store.correct([most]);
      await test.store.correct([most, most]);
      const owed = await test.remaining(requests, 'a');
      expect(Number.isSafeInteger(owed)).toBe(true);
      expect(owed / -1e12).toBeCloseTo(1, 6);
      const { retryAfterMs } = await test.refused({ limit: requests, subject: 'a' });
      expect(retryAfterMs).toBeGreaterThan(HOUR_MS);
      expect(retryAfterMs).toBeLessThan(Infinity);
      // The part that is used stays: of another limit that may be far more.
      const larger = rateLimit('requests', { amount: 1e12, perMs: 1e12 });
      expect(Number.isSafeInteger(await test.remaining(larger, 'a'))).toBe(true);
      await test.store.correct([
        { ...most, by: -1e12 },
        { ...most, by: -1e12 },
      ]);
      expect(await test.remaining(requests, 'a')).toBe(10);
    });

    it('are corrected where nothing was taken yet, several at once', async () => {
      await test.store.correct([
        { limit: requests, subject: 'a', by: 3 },
        { limit: tokens, subject: 'a', by: 400 },
      ]);
      expect(await test.remaining(requests, 'a')).toBe(7);
      expect(await test.remaining(tokens, 'a')).toBe(600);
    });

    it('keep the part that is used when the limit changes', async () => {
      await test.taken({ limit: requests, subject: 'a', cost: 5 });
      const larger = rateLimit('requests', { amount: 100, perMs: HOUR_MS * 100 });
      expect(await test.remaining(larger, 'a')).toBe(50);
      await test.taken({ limit: larger, subject: 'a', cost: 25 });
      expect(await test.remaining(requests, 'a')).toBe(2);
    });

    it('are full again once they are reset', async () => {
      await test.taken({ limit: requests, subject: 'a', cost: 10 }, { limit: requests, subject: 'b', cost: 10 });
      await test.store.reset([{ limit: requests, subject: 'a' }]);
      expect(await test.remaining(requests, 'a')).toBe(10);
      expect(await test.remaining(requests, 'b')).toBe(0);
    });
  });
}
