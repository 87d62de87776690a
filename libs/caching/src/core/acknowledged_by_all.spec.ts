import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { QUICK_BUS, ReplicasInTime } from '../testing/replicas-in-time.ts';
import type { VirtualTime } from '../testing/time/virtual-time.ts';

let world: ReplicasInTime;
let time: VirtualTime;

beforeEach(() => {
  world = new ReplicasInTime();
  ({ time } = world);
});
afterEach(() => world.end());

async function two() {
  const [one, other] = [await world.replica(), await world.replica()];
  await time.advance(200);
  return { one, other, invalidate: () => one.caches.namespace('test').invalidateTags('t') };
}

it('acknowledges an invalidation once it holds in every replica that was heard of late', async () => {
  const { one, other, invalidate } = await two();
  other.connection.link = 'held';
  let isAcknowledged = false;
  const invalidating = invalidate().then(() => (isAcknowledged = true));
  await time.advance(20);
  expect(isAcknowledged).toBe(false);
  other.connection.link = 'up';
  await time.advance(20);
  await invalidating;
  expect(one.caches.statistics().bus).toMatchObject({ unconfirmed: 0 });
});

it('waits for one that says nothing no longer than it has to, and counts it', async () => {
  const { one, other, invalidate } = await two();
  other.connection.link = 'cut';
  const invalidating = invalidate();
  await time.advance(QUICK_BUS.confirmMs + 1);
  await invalidating;
  expect(one.caches.statistics().bus).toMatchObject({ unconfirmed: 1 });
});

it('waits for nobody who has left', async () => {
  const { one, other, invalidate } = await two();
  const closing = other.caches.close();
  await time.advance(20);
  await closing;
  const invalidating = invalidate();
  await time.advance(20);
  await invalidating;
  expect(one.caches.statistics().bus).toMatchObject({ unconfirmed: 0 });
});
