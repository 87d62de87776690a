import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { MemoryStore } from '../stores/memory/index.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import type { Grant } from './grant.ts';
import { slotLimit } from './limit.ts';
import { Limiter } from './limiter.ts';
import type { Standing } from './store.ts';

const own = { limit: slotLimit('own', { slots: 1 }), subject: 'a' };
const shared = { limit: slotLimit('shared', { slots: 1 }), subject: 'everybody' };

let limiter: Limiter;
beforeEach(() => {
  const clock = new VirtualClock();
  limiter = new Limiter({ store: new MemoryStore({ clock }), clock });
});
afterEach(() => limiter.close());

const free = () => (limiter.look([own, shared]) as readonly Standing[]).map(({ remaining }) => remaining);

it('are those of one limit where it is named, and go to who waits for them', async () => {
  const held = limiter.acquire([own, shared], { client: 'a' }) as Grant;
  const waiting = limiter.acquire([shared], { client: 'b' });
  await held.release('shared');
  const other = await waiting;
  expect(free()).toEqual([0, 0]);
  await other.release();
  expect(free()).toEqual([0, 1]);
  await held.release('shared');
  expect(held.holds.map(({ limit }) => limit.name)).toEqual(['own']);
  await held.release();
  expect(free()).toEqual([1, 1]);
});

it('are none where the name is that of no slots of the grant', async () => {
  const held = limiter.acquire([own], { client: 'a' }) as Grant;
  await held.release('shared');
  expect(free()).toEqual([0, 1]);
});
