import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { MemoryStore } from '../stores/memory/index.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import type { Clock } from './clock.ts';
import type { Grant } from './grant.ts';
import { slotLimit } from './limit.ts';
import { Limiter } from './limiter.ts';
import type { SlotHold, Standing } from './store.ts';

const DAY_MS = 86_400_000;
const brief = { limit: slotLimit('brief', { slots: 1, leaseMs: 300 }), subject: 'a' };
const long = { limit: slotLimit('long', { slots: 1, leaseMs: 30_000 }), subject: 'a' };

class RenewedStore extends MemoryStore {
  renewals = 0;

  override renew(holds: readonly SlotHold[]): readonly SlotHold[] {
    this.renewals += 1;
    return super.renew(holds);
  }
}

let clock: VirtualClock;
let store: RenewedStore;
let limiter: Limiter;
beforeEach(() => {
  clock = new VirtualClock();
  store = new RenewedStore({ clock });
  limiter = new Limiter({ store, clock });
});
afterEach(() => limiter.close());

const hold = (demand: typeof brief) => limiter.take([demand]) as Grant;
const free = (demand: typeof brief) => (limiter.look([demand]) as readonly Standing[])[0]!.remaining;

it('three times in the shortest lease that is held, and no more often once that is given back', async () => {
  const [short] = [hold(brief), hold(long)];
  await clock.advance(3_000);
  expect(store.renewals).toBeGreaterThanOrEqual(28);
  await short.release();
  store.renewals = 0;
  await clock.advance(300_000);
  expect(store.renewals).toBeGreaterThanOrEqual(29);
  expect(store.renewals).toBeLessThanOrEqual(32);
  expect(free(long)).toBe(0);
});

it('in time, where shorter and shorter ones come before each renewal', async () => {
  hold(long);
  for (let leaseMs = 29_900; leaseMs > 300; leaseMs -= 100) {
    const { limit } = { limit: slotLimit(`slots-${leaseMs}`, { slots: 1, leaseMs }) };
    hold({ limit, subject: 'a' });
    await clock.advance(200);
  }
  expect(free(long)).toBe(0);
  expect(limiter.statistics().lostLeases).toBe(0);
});

it('never sooner than timers reach, however long the lease is', async () => {
  const waits: number[] = [];
  const timers: Clock = { now: () => 0, after: (ms) => (waits.push(ms), () => {}) };
  const patient = new Limiter({ clock: timers });
  void patient.take([{ limit: slotLimit('slots', { slots: 1, leaseMs: 90 * DAY_MS }), subject: 'a' }]);
  expect(waits).toEqual([2 ** 31 - 1]);
  await patient.close();
});

it('not any more where the scope of a grant has ended', async () => {
  {
    await using grant = hold(brief);
    using other = hold(long);
    expect([grant.holds.length, other.holds.length, free(brief), free(long)]).toEqual([1, 1, 0, 0]);
  }
  expect([free(brief), free(long)]).toEqual([1, 1]);
  await clock.advance(60_000);
  expect(clock.pending).toBe(0);
});
