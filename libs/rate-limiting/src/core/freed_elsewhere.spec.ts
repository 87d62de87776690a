import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { MemoryStore } from '../stores/memory/index.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { slotLimit } from './limit.ts';
import { Limiter } from './limiter.ts';
import type { Decision, Demand, LimitStore, SlotHold } from './store.ts';

const slots = slotLimit('slots', { slots: 1 });
const demands = (subject = 'a'): Demand[] => [{ limit: slots, subject }];

class CountingStore extends MemoryStore {
  asked = 0;

  override take(asked: readonly Demand[]): Decision {
    this.asked += 1;
    return super.take(asked);
  }
}

/** What several processes have in common. */
class SharedStore extends CountingStore {
  override readonly onFreed: LimitStore['onFreed'] = undefined;
}

class TellingStore extends CountingStore {
  readonly listeners = new Set<(limitName: string, subject: string) => void>();

  override readonly onFreed: LimitStore['onFreed'] = (listener) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
}

let clock: VirtualClock;
beforeEach(() => {
  clock = new VirtualClock();
});

describe('a slot that comes free at another process', () => {
  let limiter: Limiter | undefined;
  afterEach(() => limiter?.close());

  const elsewhere = (store: MemoryStore, subject = 'a'): readonly SlotHold[] => {
    const decision = store.take(demands(subject));
    if (!decision.allowed) throw new Error('there is none');
    return decision.holds;
  };

  it('is found by one look for each line, however many wait in it', async () => {
    const store = new SharedStore({ clock });
    const held = elsewhere(store);
    limiter = new Limiter({ store, clock });
    const waiting = Array.from({ length: 20 }, async () => limiter!.acquire(demands(), { client: 'a' }));
    void Promise.allSettled(waiting);
    const before = store.asked;
    await clock.advance(1_000);
    const looks = store.asked - before;
    expect(looks).toBeGreaterThanOrEqual(1_000 / 30 - 1);
    expect(looks).toBeLessThanOrEqual(1_000 / 20);
    store.release(held);
    await clock.advance(30);
    expect((await waiting[0]!).waitedMs).toBeLessThanOrEqual(1_030);
  });

  it('is found at once where the store tells of it, and looked for rarely', async () => {
    const store = new TellingStore({ clock });
    const held = elsewhere(store);
    limiter = new Limiter({ store, clock });
    const waiting = limiter.acquire(demands(), { client: 'a' });
    const before = store.asked;
    await clock.advance(5_000);
    expect(store.asked - before).toBeLessThanOrEqual(7);
    store.release(held);
    for (const listener of store.listeners) listener('slots', 'a');
    expect((await waiting).waitedMs).toBe(5_000);
    await limiter.close();
    expect(store.listeners.size).toBe(0);
  });

  it('is looked for rarely where there is no other process', async () => {
    const store = new CountingStore({ clock });
    limiter = new Limiter({ store, clock });
    const grant = await limiter.acquire(demands(), { client: 'a' });
    const waiting = limiter.acquire(demands(), { client: 'b' });
    const before = store.asked;
    await clock.advance(5_000);
    expect(store.asked - before).toBeLessThanOrEqual(7);
    await grant.release();
    expect((await waiting).waitedMs).toBe(5_000);
  });

  it('is found also where its holder died', async () => {
    const store = new TellingStore({ clock });
    elsewhere(store);
    limiter = new Limiter({ store, clock, queue: { waitMs: 60_000 } });
    const waiting = limiter.acquire(demands(), { client: 'a' });
    await clock.advance(slots.leaseMs + 1_200);
    expect((await waiting).waitedMs).toBeGreaterThanOrEqual(slots.leaseMs);
  });

  it('is told as lost where it was one that is held here', async () => {
    const store = new SharedStore({ clock });
    const lost: [string, string | undefined][] = [];
    limiter = new Limiter({ store, clock, onLost: (hold, grant) => lost.push([hold.subject, grant.client]) });
    const grant = await limiter.acquire(demands(), { client: 'a' });
    store.reset(demands());
    await clock.advance(slots.leaseMs);
    expect(lost).toEqual([['a', 'a']]);
    expect(grant.holds).toEqual([]);
    await grant.release();
    expect(limiter.statistics()).toMatchObject({ lostLeases: 1, limits: {} });
  });
});

describe('a store that fails', () => {
  class FailingStore extends MemoryStore {
    override take(): never {
      throw new Error('away');
    }
    override release(): never {
      throw new Error('away too');
    }
  }

  it('fails the call, and nothing that gives back', async () => {
    const problems: unknown[] = [];
    const memory = new MemoryStore({ clock });
    const store = new FailingStore({ clock });
    const limiter = new Limiter({ store, clock, onProblem: (error) => problems.push(String(error)) });
    expect(() => limiter.take(demands())).toThrow('away');
    expect(() => limiter.acquire(demands(), { client: 'a' })).toThrow('away');
    store.take = memory.take.bind(memory) as never;
    const grant = await limiter.acquire(demands(), { client: 'a' });
    await grant.release();
    expect(problems).toEqual(['Error: away too']);
    expect(limiter.statistics().storeProblems).toBe(1);
    await limiter.close();
  });
});
