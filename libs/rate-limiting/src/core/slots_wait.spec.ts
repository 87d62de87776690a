import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { MemoryStore } from '../stores/memory/index.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import type { Grant } from './grant.ts';
import { rateLimit, slotLimit } from './limit.ts';
import { LimitExceeded, LimiterClosed } from './limit-exceeded.ts';
import { Limiter } from './limiter.ts';

const slots = slotLimit('slots', { slots: 2 });
const requests = rateLimit('requests', { amount: 3, perMs: 3_000 });
const demands = [{ limit: slots, subject: 'provider' }];

let clock: VirtualClock;
let limiter: Limiter;
beforeEach(() => {
  clock = new VirtualClock();
  limiter = new Limiter({ store: new MemoryStore({ clock }), clock, queue: { mostWaiting: 4, waitMs: 1_000 } });
});
afterEach(() => limiter.close());

const taken = (client = 'a') => limiter.acquire(demands, { client }) as Grant;
const refused = async (call: () => unknown): Promise<LimitExceeded> => {
  try {
    await call();
  } catch (error) {
    return error as LimitExceeded;
  }
  throw new Error('was not refused');
};

describe('acquire', () => {
  it('answers at once while there are slots, and waits for the next one released', async () => {
    const held = taken();
    expect(held.standings).toEqual([{ limit: slots, subject: 'provider', remaining: 1, resetMs: 0 }]);
    taken();
    const waiting = limiter.acquire(demands, { client: 'b' });
    expect(waiting).toBeInstanceOf(Promise);
    await clock.advance(300);
    void held.release();
    const grant = await waiting;
    expect(grant.waitedMs).toBe(300);
    void held.release();
    expect(await limiter.look(demands)).toMatchObject([{ remaining: 0 }]);
  });

  it('serves who came later only after those before of the same client', async () => {
    const held = [taken(), taken()];
    const order: number[] = [];
    const waiting = [1, 2, 3].map(async (number) => {
      const grant = await limiter.acquire(demands, { client: 'a' });
      order.push(number);
      await grant.release();
    });
    for (const grant of held) await grant.release();
    await Promise.all(waiting);
    expect(order).toEqual([1, 2, 3]);
  });

  it('lets in who waits when there are more slots by now, and keeps to fewer', async () => {
    const held = [taken(), taken()];
    const waiting = [limiter.acquire(demands, { client: 'a' }), limiter.acquire(demands, { client: 'b' })];
    const by = (count: number) => [{ limit: slotLimit('slots', { slots: count }), subject: 'provider' }];
    const later = limiter.acquire(by(4), { client: 'c' }) as Promise<Grant>;
    for (const grant of waiting) held.push(await grant);
    const last = limiter.acquire(by(1), { client: 'd' }) as Promise<Grant>;
    for (const grant of held.splice(0, 3)) void grant.release();
    expect(limiter.statistics().waiting).toBe(2);
    void held[0]!.release();
    await (await later).release();
    void (await last).release();
  });

  it('rejects who waited for too long, and says for how long', async () => {
    taken();
    taken();
    const refusal = refused(() => limiter.acquire(demands, { client: 'b', waitMs: 200 }));
    await clock.advance(200);
    expect(await refusal).toMatchObject({ reason: 'wait-timeout', limit: slots, subject: 'provider', waitedMs: 200 });
  });

  it("rejects with the signal's reason, and gives the slot to the next", async () => {
    const held = taken();
    taken();
    const abort = new AbortController();
    const aborted = refused(() => limiter.acquire(demands, { client: 'b', signal: abort.signal }));
    const next = limiter.acquire(demands, { client: 'b' });
    const reason = new Error('went away');
    abort.abort(reason);
    expect(await aborted).toBe(reason);
    await held.release();
    expect((await next).holds).toHaveLength(1);
  });

  it('refuses at once what may not wait, and what a rate refuses', async () => {
    const both = [{ limit: requests, subject: 'key' }, ...demands];
    taken();
    taken();
    expect(await refused(() => limiter.acquire(demands, { client: 'b', waitMs: 0 }))).toMatchObject({
      reason: 'slots',
    });
    void limiter.take([{ limit: requests, subject: 'key', cost: 3 }]);
    const refusal = await refused(() => limiter.acquire(both, { client: 'b' }));
    expect(refusal).toMatchObject({ reason: 'rate', limit: requests, subject: 'key', retryAfterMs: 1_000 });
    const never = [{ limit: requests, subject: 'other', cost: 4 }];
    expect(await refused(() => limiter.acquire(never, { client: 'b' }))).toMatchObject({
      reason: 'never',
      retryAfterMs: undefined,
    });
  });

  it('holds nothing while it waits, and takes its rate when it is served', async () => {
    const both = [{ limit: requests, subject: 'key' }, ...demands];
    const held = taken();
    taken();
    const waiting = limiter.acquire(both, { client: 'b' });
    expect(await limiter.look(both)).toMatchObject([{ remaining: 3 }, { remaining: 0 }]);
    await held.release();
    expect((await waiting).standings).toMatchObject([{ remaining: 2 }, { remaining: 0 }]);
  });

  it('does not go past those who wait, and hears at once of a rate that refuses', async () => {
    const held = taken();
    taken();
    const first = limiter.acquire(demands, { client: 'a' });
    void limiter.take([{ limit: requests, subject: 'key', cost: 3 }]);
    const both = [{ limit: requests, subject: 'key' }, ...demands];
    expect(await refused(() => limiter.acquire(both, { client: 'b' }))).toMatchObject({ reason: 'rate' });
    await held.release();
    expect((await first).client).toBe('a');
  });

  it('goes on waiting in another line where another slot is not there, in its place', async () => {
    const own = slotLimit('own', { slots: 1 });
    const both = [{ limit: own, subject: 'key' }, ...demands];
    const heldOwn = limiter.acquire([{ limit: own, subject: 'key' }], { client: 'k' }) as Grant;
    const held = taken();
    taken();
    const first = limiter.acquire([...both].reverse(), { client: 'k' });
    const second = limiter.acquire([{ limit: own, subject: 'key' }], { client: 'k' });
    await held.release();
    await heldOwn.release();
    const grant = await first;
    expect(grant.holds.map(({ limit }) => limit.name)).toEqual(['slots', 'own']);
    await grant.release();
    expect((await second).holds).toHaveLength(1);
  });

  it('refuses a newcomer when too many wait, unless others of its client wait less', async () => {
    taken();
    taken();
    const greedy = [1, 2, 3, 4].map(async () => limiter.acquire(demands, { client: 'greedy' }));
    void Promise.allSettled(greedy);
    expect(await refused(() => limiter.acquire(demands, { client: 'greedy' }))).toMatchObject({ reason: 'queue-full' });
    const modest = limiter.acquire(demands, { client: 'modest' });
    await expect(greedy[3]).rejects.toMatchObject({ reason: 'queue-full', limit: slots });
    await limiter.reset(demands);
    expect((await modest).client).toBe('modest');
    expect((await greedy[0]!).client).toBe('greedy');
  });

  it('gives rates and slots back as if it had never asked', async () => {
    const both = [{ limit: requests, subject: 'key', cost: 2 }, ...demands];
    const grant = limiter.acquire(both, { client: 'b' }) as Grant;
    await grant.settle('requests', 3);
    expect(await limiter.look(both)).toMatchObject([{ remaining: 0 }, { remaining: 1 }]);
    await grant.giveBack();
    await grant.giveBack();
    await grant.settle('requests', 3);
    await grant.release();
    expect(await limiter.look(both)).toMatchObject([{ remaining: 3 }, { remaining: 2 }]);
  });

  it('keeps what it holds for longer than a lease', async () => {
    const held = taken();
    await clock.advance(100_000);
    expect(await limiter.look(demands)).toMatchObject([{ remaining: 1 }]);
    await held.release();
    expect(await limiter.look(demands)).toMatchObject([{ remaining: 2 }]);
  });
});

it('rejects who waits when it is closed, and leaves no timer', async () => {
  taken();
  taken();
  const waiting = refused(() => limiter.acquire(demands, { client: 'b' }));
  await limiter.close();
  expect(await waiting).toBeInstanceOf(LimiterClosed);
  expect(clock.pending).toBe(0);
  expect(() => limiter.take(demands)).toThrow(LimiterClosed);
});
