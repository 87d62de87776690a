import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { rateLimit, slotLimit } from '../../core/limit.ts';
import { LimitStoreError } from '../../core/store-error.ts';
import type { Demand, SlotHold } from '../../core/store.ts';
import { describeLimitStore } from '../../testing/stores/describe-limit-store.ts';
import { VirtualClock } from '../../testing/virtual-clock.ts';
import { MemoryStore } from '../memory/index.ts';
import { FallbackStore, type AvailabilityChange } from './index.ts';
import { FailingStore } from './testing/failing-store.ts';

const HOUR_MS = 3_600_000;
const requests = rateLimit('requests', { amount: 100, perMs: 100 * HOUR_MS });
const slots = slotLimit('concurrency', { slots: 10, leaseMs: 60_000 });
const rate: Demand = { limit: requests, subject: 'key', cost: 1 };
const slot: Demand = { limit: slots, subject: 'key' };
const asker = { client: 'anna', waits: false };
const away = new LimitStoreError('unavailable', 'Connection is closed.');

/** What is done here of a reset that fails for the primary. */
class ResetHere extends FallbackStore {
  override async reset(demands: readonly Demand[]): Promise<void> {
    await expect(super.reset(demands)).rejects.toMatchObject({ reason: 'unavailable' });
  }
}

describeLimitStore('fallback (with a primary)', async () => {
  const clock = new VirtualClock(1_000_000);
  const store = new FallbackStore({ primary: new MemoryStore({ clock }), share: 0.5, clock });
  return { store, advance: (ms) => clock.advance(ms) };
});

describeLimitStore('fallback (without)', async () => {
  const clock = new VirtualClock(1_000_000);
  const primary = Object.assign(new FailingStore(), { error: away });
  const store = new ResetHere({ primary, share: 1, clock });
  return { store, advance: (ms) => clock.advance(ms) };
});

let clock: VirtualClock;
let primary: FailingStore;
let store: FallbackStore;
let share: number;
let changes: AvailabilityChange[];
beforeEach(() => {
  clock = new VirtualClock();
  primary = new FailingStore();
  share = 0.25;
  changes = [];
  const onChange = (change: AvailabilityChange): void => void changes.push(change);
  store = new FallbackStore({ primary, share: () => share, clock, onChange });
});
afterEach(() => store.close());

const goAway = async (): Promise<void> => {
  primary.error = away;
  await store.correct([]);
  primary.calls.length = 0;
};
const comeBack = async (): Promise<void> => {
  primary.error = undefined;
  await clock.advance(1_200);
};
const take = async (...demands: readonly Demand[]): Promise<readonly SlotHold[]> => {
  const decision = await store.take(demands, asker);
  if (!decision.allowed) throw new Error(`refused by ${decision.by}`);
  return decision.holds;
};
const given = async (demand: Demand): Promise<number> => {
  for (let count = 0; ; count += 1) if (!(await store.take([demand], asker)).allowed) return count;
};

it('gives all of a limit while the primary is there', async () => {
  expect([await given(rate), await given(slot)]).toEqual([100, 10]);
  expect(store.statistics()).toMatchObject({ failures: 0, localDecisions: 0, timesAway: 0 });
  expect(store.statistics().awaySince).toBeUndefined();
});

it('gives the stated share while it is away, and no call fails', async () => {
  primary.error = away;
  expect([await given(rate), await given(slot)]).toEqual([25, 2]);
  expect(store.statistics()).toMatchObject({ localDecisions: 29, failures: 1, timesAway: 1 });
  expect(store.statistics().awaySince).toBeInstanceOf(Date);
  expect(await store.look([rate])).toMatchObject([{ remaining: 0, limit: { capacity: 25 } }]);
  expect(changes).toEqual([{ isAway: true, awaySince: expect.any(Date), error: away }]);
});

it('goes by the share as it is, once processes come or go', async () => {
  await goAway();
  await take({ ...rate, cost: 20 });
  share = 0.5;
  // The part that is used stays: a fifth of 50 is left.
  expect(await store.look([rate])).toMatchObject([{ remaining: 10 }]);
});

it('decides at once while it is away, and asks it by a probe alone', async () => {
  await goAway();
  for (let time = 0; time < 50; time += 1) expect(store.take([rate], asker)).not.toBeInstanceOf(Promise);
  expect(primary.calls).toEqual([]);
  await clock.advance(1_200);
  expect(primary.calls).toEqual(['correct']);
  expect(clock.pending).toBe(1);
  await clock.advance(1_200);
  expect(primary.calls).toEqual(['correct', 'correct']);
});

it('gives all of it again when it is back', async () => {
  await goAway();
  await comeBack();
  expect(await given(rate)).toBe(100);
  expect(changes.map(({ isAway }) => isAway)).toEqual([true, false]);
  expect([store.statistics().awaySince, clock.pending]).toEqual([undefined, 0]);
});

it('is away while it can read and nothing else', async () => {
  await goAway();
  primary.look = async () => [];
  await clock.advance(5_000);
  expect(changes.map(({ isAway }) => isAway)).toEqual([true]);
  await comeBack();
  expect(changes.map(({ isAway }) => isAway)).toEqual([true, false]);
});

it('gives slots back where they came from', async () => {
  const there = await take(slot, rate);
  await goAway();
  const here = await take(slot);
  await comeBack();
  primary.calls.length = 0;
  await store.release(here);
  expect(primary.calls).toEqual([]);
  await store.release(there);
  expect(await store.look([slot])).toMatchObject([{ remaining: 10 }]);
  await goAway();
  expect(await store.look([slot])).toMatchObject([{ remaining: 2 }]);
});

it('keeps what can’t be given back until it is back', async () => {
  const holds = await take(slot, slot);
  await goAway();
  await store.release(holds);
  expect(store.statistics()).toMatchObject({ pendingReleases: 2 });
  await comeBack();
  expect(await store.look([slot])).toMatchObject([{ remaining: 10 }]);
  expect(store.statistics()).toMatchObject({ pendingReleases: 0 });
});

it('gives nothing back of which the lease has ended meanwhile', async () => {
  const holds = await take(slot);
  await goAway();
  await store.release(holds);
  await clock.advance(60_000);
  await comeBack();
  expect(primary.calls).not.toContain('release');
  expect(store.statistics()).toMatchObject({ pendingReleases: 0 });
});

it('gives slots back here by what its own store gave, which need not be looked for', async () => {
  class Local extends MemoryStore {
    readonly released: SlotHold[] = [];

    override release(holds: readonly SlotHold[]): void {
      this.released.push(...holds);
      super.release(holds);
    }
  }
  const given: SlotHold[] = [];
  const local = new Local({ clock });
  const taken = local.take.bind(local);
  local.take = (demands) => {
    const decision = taken(demands);
    if (decision.allowed) given.push(...decision.holds);
    return decision;
  };
  const other = new FallbackStore({
    primary: Object.assign(new FailingStore(), { error: away }),
    share: 1,
    local,
    clock,
  });
  const decision = await other.take([slot], asker);
  if (!decision.allowed) throw new Error('refused');
  await other.release(decision.holds);
  expect(given).toHaveLength(1);
  expect(local.released[0]).toBe(given[0]);
  await other.close();
});

it('says of no slot that it is lost before it knows', async () => {
  const there = await take(slot);
  await goAway();
  const here = await take(slot);
  expect(await store.renew([...there, ...here])).toEqual([]);
  await store.release(here);
  expect(await store.renew([...there, ...here])).toEqual(here);
  expect(here[0]).toMatchObject({ limit: slots, subject: 'key' });
});

it('lets what is above the share only come again, and what is above the limit not', async () => {
  await goAway();
  expect(await store.take([{ ...rate, cost: 100 }], asker)).toMatchObject({ allowed: false, retryAfterMs: 1_000 });
  const never = await store.take([{ ...rate, cost: 101 }], asker);
  expect(never).toMatchObject({ allowed: false, retryAfterMs: undefined });
});

it('stays with a primary that answers something else, and decides that call here', async () => {
  primary.error = new LimitStoreError('bad-answer', 'take: expected a list');
  await take(rate);
  await take(rate);
  expect(store.statistics()).toMatchObject({ failures: 2, localDecisions: 2, timesAway: 0, awaySince: undefined });
  expect(primary.calls).toEqual(['take', 'take']);
});

it('takes nothing for its going away that began before it came back', async () => {
  const slow = Promise.withResolvers<never>();
  const hanging = Object.assign(new FailingStore(), { take: () => slow.promise });
  const other = new FallbackStore({ primary: hanging, share: 1, clock });
  const taken = other.take([rate], asker);
  hanging.error = away;
  await other.correct([]);
  hanging.error = undefined;
  await clock.advance(1_200);
  slow.reject(away);
  expect(await taken).toMatchObject({ allowed: true });
  expect(other.statistics()).toMatchObject({ timesAway: 1, awaySince: undefined, failures: 2, localDecisions: 1 });
  await other.close();
});

it('corrects here while it is away', async () => {
  await goAway();
  await take({ ...rate, cost: 20 });
  await store.correct([{ limit: requests, subject: 'key', by: -15 }]);
  expect(await store.look([rate])).toMatchObject([{ remaining: 20 }]);
});

it('resets here, and says where the primary was not reset', async () => {
  await goAway();
  await take({ ...rate, cost: 20 });
  await expect(store.reset([rate])).rejects.toThrow(/^reset: the primary store is away since 2.*was not reset$/);
  expect(await store.look([rate])).toMatchObject([{ remaining: 25 }]);
});

it('ends with its stores, and probes no more', async () => {
  await goAway();
  await store.close();
  expect([clock.pending, primary.calls]).toEqual([0, ['close']]);
});

it.each([0, -1, 1.1, Number.NaN])('refuses a share of %d', (wrong) => {
  expect(() => new FallbackStore({ primary, share: wrong })).toThrow(/^share must be above 0 and at most 1/);
});
