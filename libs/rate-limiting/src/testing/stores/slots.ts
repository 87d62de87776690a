import { expect } from 'expect';
import { rateLimit, slotLimit } from '../../core/limit.ts';
import { HOUR_MS, type StoreUnderTest } from './harness.ts';
import { describe, it } from './runner.ts';

const slots = slotLimit('concurrency', { slots: 2, leaseMs: HOUR_MS });
const brief = slotLimit('brief', { slots: 2, leaseMs: 400 });
const requests = rateLimit('requests', { amount: 10, perMs: 10 * HOUR_MS });
const a = { limit: slots, subject: 'a' };

export function describeSlots(test: StoreUnderTest): void {
  describe('slots', () => {
    it('are as many as the limit says, each held by a lease of its own', async () => {
      const [first, second] = [await test.taken(a), await test.taken(a)];
      expect(first.holds).toMatchObject([{ limit: slots, subject: 'a' }]);
      expect(first.holds[0]!.lease).not.toBe(second.holds[0]!.lease);
      expect(first.standings).toEqual([{ limit: slots, subject: 'a', remaining: 1, resetMs: 0 }]);
      const { by, retryAfterMs, standings } = await test.refused(a);
      expect([by, standings[0]!.remaining]).toEqual([0, 0]);
      expect(retryAfterMs).toBeGreaterThanOrEqual(0);
      await test.taken({ limit: slots, subject: 'b' });
    });

    it('come free once, whoever gives them back how often', async () => {
      const { holds } = await test.taken(a);
      await test.taken(a);
      await test.store.release(holds);
      await test.taken(a);
      await test.store.release(holds);
      await test.store.release(holds.map((hold) => ({ ...hold, lease: 'never-given' })));
      await test.refused(a);
    });

    it('are given back by what is written of a hold alone', async () => {
      const { holds } = await test.taken(a);
      await test.store.release(JSON.parse(JSON.stringify(holds)) as typeof holds);
      expect(await test.remaining(slots, 'a')).toBe(2);
    });

    it('come with rates or not at all, and a rate refuses first', async () => {
      const demands = [a, { limit: requests, subject: 'a', cost: 5 }];
      const { holds } = await test.taken(...demands);
      expect(holds).toHaveLength(1);
      await test.taken(a);
      expect((await test.refused(...demands)).by).toBe(0);
      expect(await test.remaining(requests, 'a')).toBe(5);
      await test.taken({ limit: requests, subject: 'a', cost: 1 });
      expect((await test.refused(...demands)).by).toBe(1);
      await test.store.release(holds);
      expect((await test.refused(...demands)).by).toBe(1);
      expect(await test.remaining(slots, 'a')).toBe(1);
    });

    it('of several limits are held together', async () => {
      const demands = [a, { limit: slots, subject: 'all' }];
      const { holds } = await test.taken(...demands);
      expect(holds.map(({ subject }) => subject)).toEqual(['a', 'all']);
      await test.taken({ limit: slots, subject: 'all' });
      expect((await test.refused(...demands)).by).toBe(1);
      expect(await test.remaining(slots, 'a')).toBe(1);
    });

    it('come free when nothing is heard of their holder for a lease', async () => {
      const kept = await test.taken({ limit: brief, subject: 'a' });
      const lost = await test.taken({ limit: brief, subject: 'a' });
      for (let renewal = 0; renewal < 3; renewal += 1) {
        await test.advance(150);
        expect(await test.store.renew(kept.holds)).toEqual([]);
      }
      expect(await test.remaining(brief, 'a')).toBe(1);
      const told = await test.store.renew([...kept.holds, ...lost.holds]);
      expect(told.map(({ lease }) => lease)).toEqual([lost.holds[0]!.lease]);
      await test.store.release(lost.holds);
      await test.taken({ limit: brief, subject: 'a' });
      await test.refused({ limit: brief, subject: 'a' });
    });

    it('are lost where they were given back or reset', async () => {
      const [given, reset] = [await test.taken(a), await test.taken(a)];
      await test.store.release(given.holds);
      await test.store.reset([a]);
      expect(await test.remaining(slots, 'a')).toBe(2);
      const told = await test.store.renew([...given.holds, ...reset.holds]);
      expect(told).toHaveLength(2);
    });

    it('that are held beyond a smaller limit are none that could be taken', async () => {
      const held = [await test.taken(a), await test.taken(a)];
      const one = slotLimit('concurrency', { slots: 1, leaseMs: HOUR_MS });
      expect(await test.remaining(one, 'a')).toBe(0);
      await test.store.release(held[0]!.holds);
      await test.refused({ limit: one, subject: 'a' });
      await test.store.release(held[1]!.holds);
      await test.taken({ limit: one, subject: 'a' });
    });
  });
}
