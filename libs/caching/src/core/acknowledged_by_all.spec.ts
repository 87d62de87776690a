import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { createTestBus, type BusFault } from '../testing/bus/test-bus.ts';
import { VirtualTime } from '../testing/time/virtual-time.ts';
import { Caches } from './caches.ts';

const BUS = { heartbeatMs: 100, silenceMs: 500, confirmMs: 50 };

let time: VirtualTime;
let fault: BusFault | undefined;
let bus: ReturnType<typeof createTestBus>;
const open: Caches[] = [];

beforeEach(() => {
  time = new VirtualTime();
  time.install();
  fault = undefined;
  bus = createTestBus(() => fault);
});

afterEach(async () => {
  const closing = open.splice(0).map((caches) => caches.close());
  await time.advance(1_000);
  await Promise.all(closing);
  time.uninstall();
});

async function replica() {
  const connection = bus.connect();
  const caches = new Caches({ clock: time, bus: { bus: connection, ...BUS } });
  open.push(caches);
  await caches.open();
  return { caches, connection };
}

async function two() {
  const [one, other] = [await replica(), await replica()];
  await time.advance(200);
  return { one, other, invalidate: () => one.caches.namespace('test').invalidateTags('t') };
}

it('acknowledges an invalidation once it holds in every replica that was heard of late', async () => {
  const { other, invalidate } = await two();
  other.connection.link = 'held';
  let isAcknowledged = false;
  const invalidating = invalidate().then(() => (isAcknowledged = true));
  await time.advance(20);
  expect(isAcknowledged).toBe(false);
  other.connection.link = 'up';
  await time.advance(20);
  await invalidating;
  expect(open[0]!.statistics().bus).toMatchObject({ unconfirmed: 0 });
});

it('waits for one that says nothing no longer than it has to, and counts it', async () => {
  const { other, invalidate } = await two();
  other.connection.link = 'cut';
  const invalidating = invalidate();
  await time.advance(BUS.confirmMs + 1);
  await invalidating;
  expect(open[0]!.statistics().bus).toMatchObject({ unconfirmed: 1 });
});

it('waits for nobody who has left', async () => {
  const { other, invalidate } = await two();
  const closing = other.caches.close();
  await time.advance(20);
  await closing;
  fault = undefined;
  const invalidating = invalidate();
  await time.advance(20);
  await invalidating;
  expect(open[0]!.statistics().bus).toMatchObject({ unconfirmed: 0 });
});
