import { describe, expect, it } from '@jest/globals';
import { rateLimit, slotLimit } from '../../core/limit.ts';
import { describeLimitStore } from '../../testing/stores/describe-limit-store.ts';
import { VirtualClock } from '../../testing/virtual-clock.ts';
import { MemoryStore } from './memory-store.ts';

describeLimitStore('memory', async () => {
  const clock = new VirtualClock(1_000_000);
  return { store: new MemoryStore({ clock }), advance: (ms) => clock.advance(ms) };
});

describe('MemoryStore', () => {
  const limit = rateLimit('requests', { amount: 10, perMs: 1_000 });

  it('keeps no bucket that is full again, once others come', async () => {
    const clock = new VirtualClock();
    const store = new MemoryStore({ clock });
    for (let client = 0; client < 1_000; client += 1) store.take([{ limit, subject: `${client}` }]);
    await clock.advance(100);
    for (let client = 0; client < 1_000; client += 1) store.take([{ limit, subject: `later-${client}` }]);
    expect(store.statistics()).toMatchObject({ buckets: 1_000, evicted: 0 });
    store.reset([{ limit, subject: 'later-1' }]);
    expect(store.statistics().buckets).toBe(999);
  });

  it('gives up the bucket nearest to full where all are busy, and counts that', () => {
    const store = new MemoryStore({ clock: new VirtualClock(), mostBuckets: 8 });
    for (let client = 1; client <= 8; client += 1) store.take([{ limit, subject: `${client}`, cost: client }]);
    store.take([{ limit, subject: 'new', cost: 5 }]);
    expect(store.statistics()).toEqual({ buckets: 8, mostBuckets: 8, evicted: 1, slotSubjects: 0 });
    const remaining = (subject: string) => store.look([{ limit, subject }])[0]!.remaining;
    expect([remaining('1'), remaining('2'), remaining('new')]).toEqual([10, 8, 5]);
  });

  it('takes of all buckets of a call, also where one takes the place of another', () => {
    const store = new MemoryStore({ clock: new VirtualClock(), mostBuckets: 1 });
    store.take([{ limit, subject: 'a', cost: 3 }]);
    const { standings } = store.take([
      { limit, subject: 'b', cost: 4 },
      { limit, subject: 'a', cost: 2 },
    ]);
    expect(standings.map(({ remaining }) => remaining)).toEqual([6, 5]);
    expect(store.statistics()).toMatchObject({ buckets: 1, evicted: 1 });
  });

  it('keeps no subject whose leases ended, once others come', async () => {
    const clock = new VirtualClock();
    const store = new MemoryStore({ clock });
    const slots = slotLimit('slots', { slots: 1, leaseMs: 1_000 });
    for (let client = 0; client < 100; client += 1) store.take([{ limit: slots, subject: `${client}` }]);
    await clock.advance(1_000);
    for (let client = 0; client < 200; client += 1) {
      const decision = store.take([{ limit: slots, subject: `later-${client}` }]);
      if (decision.allowed) store.release(decision.holds);
    }
    expect(store.statistics().slotSubjects).toBeLessThan(3);
  });

  it('keeps leases in the order of their ends when the lease of the limit changes', async () => {
    const clock = new VirtualClock();
    const store = new MemoryStore({ clock });
    const of = (leaseMs: number) => [{ limit: slotLimit('slots', { slots: 2, leaseMs }), subject: 'a' }];
    store.take(of(1_000));
    store.take(of(100));
    await clock.advance(100);
    expect(store.take(of(100)).allowed).toBe(true);
    expect(store.take(of(100)).allowed).toBe(false);
  });

  it.each([0, -1, 1.5, Infinity, NaN])('refuses a number of %d buckets', (mostBuckets) => {
    expect(() => new MemoryStore({ mostBuckets })).toThrow('mostBuckets must be a whole number');
  });
});
