import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { chaotic, type Fault } from '../testing/stores/chaotic-store.ts';
import { ReferenceStore } from '../testing/stores/reference-store.ts';
import { createSharedStore } from '../testing/stores/shared-store.ts';
import { QUICK_BUS, ReplicasInTime } from '../testing/replicas-in-time.ts';
import type { VirtualTime } from '../testing/time/virtual-time.ts';

let world: ReplicasInTime;
let time: VirtualTime;

beforeEach(() => {
  world = new ReplicasInTime();
  ({ time } = world);
});
afterEach(() => world.end());

it('reads neither memory nor a tier of its own while the bus is silent, and drops both when it is heard again', async () => {
  const { caches, connection } = await world.replica({ tiers: [{ store: new ReferenceStore(time) }] });
  const other = await world.replica();
  await time.advance(100);
  const cache = caches.namespace('test');
  expect(await world.take(cache.getOrCompute('a', () => 'old'))).toBe('old');
  connection.link = 'cut';
  await world.take(other.caches.namespace('test').delete('a'));
  await time.advance(600);
  expect(await world.take(cache.get('a'))).toBeUndefined();
  expect(await world.take(cache.getOrCompute('a', () => 'new'))).toBe('new');
  connection.link = 'up';
  await time.advance(200);
  expect(await world.take(cache.get('a'))).toBeUndefined();
  expect(caches.statistics().bus).toMatchObject({ state: 'connected', silences: 1 });
});

it('keeps nothing of a load that began before the bus was heard for the first time', async () => {
  const connection = world.bus.connect();
  connection.link = 'held';
  const { caches } = await world.replica({}, connection);
  const loading = caches.namespace('test').getOrCompute('a', async () => {
    await new Promise((resolve) => setTimeout(resolve, 300));
    return 'old';
  });
  await time.advance(100);
  connection.link = 'up';
  await time.advance(400);
  expect(await loading).toBe('old');
  expect(await world.take(caches.namespace('test').get('a'))).toBeUndefined();
});

it.each(['the next message', 'the next heartbeat'])('misses a message that was lost, by %s', async (by) => {
  const one = await world.replica();
  const other = await world.replica();
  await time.advance(100);
  const cache = one.caches.namespace('test');
  await world.take(cache.getOrCompute('a', () => 'old'));
  const otherCache = other.caches.namespace('test');
  world.fault = { kind: 'drop' };
  const lost = otherCache.delete('a');
  await time.advance(1);
  world.fault = undefined;
  if (by === 'the next message') {
    void otherCache.delete('b');
    await time.advance(1);
  } else {
    await time.advance(100);
  }
  expect(await world.take(cache.get('a'))).toBeUndefined();
  expect(one.caches.statistics().bus?.gaps).toBe(1);
  await world.take(lost);
});

it('drops what a replica had to do with that is not heard any more, but not of one that has said that it leaves', async () => {
  const one = await world.replica();
  const leaving = await world.replica();
  const dying = await world.replica();
  await time.advance(100);
  const cache = one.caches.namespace('test');
  for (const { caches } of [leaving, dying]) await world.take(caches.namespace('test').delete('b'));
  await world.take(cache.getOrCompute('a', () => 1));
  await leaving.caches.close();
  await time.advance(1_000);
  expect(await world.take(cache.get('a'))).toBe(1);
  dying.connection.link = 'cut';
  await time.advance(1_000);
  expect(await world.take(cache.get('a'))).toBeUndefined();
});

it('tells again what a shared tier learned late: others may have read it there meanwhile', async () => {
  const shared = createSharedStore(time);
  let isAway: Fault | undefined;
  const one = await world.replica({ tiers: [{ store: shared }] });
  const other = await world.replica({ tiers: [{ store: chaotic(shared, () => isAway) }] });
  await time.advance(100);
  const cache = one.caches.namespace('test');
  await world.take(cache.getOrCompute('a', () => 'old', { ttl: 3_600_000 }));
  isAway = { kind: 'throw' };
  world.fault = { kind: 'drop' };
  await world.take(other.caches.namespace('test').delete('a'));
  world.fault = undefined;
  await time.advance(200);
  expect(await world.take(cache.get('a'))).toBe('old');
  isAway = undefined;
  await time.advance(3_000);
  expect(await world.take(cache.get('a'))).toBeUndefined();
});

it('takes no notice of what is none of its messages, and counts it', async () => {
  const { caches } = await world.replica();
  await time.advance(100);
  const cache = caches.namespace('test');
  await world.take(cache.getOrCompute('a', () => 1));
  const forged = { type: 'invalidation', from: 'x', namespace: 'test', seq: 1, applied: true };
  const all = [
    null,
    'text',
    {},
    { type: 'heartbeat', from: 'x', beat: 1, seqs: { test: -1 } },
    { ...forged, invalidation: null },
    { ...forged, invalidation: { kind: 'keys', keys: ['a', 7] } },
    { ...forged, invalidation: { kind: 'pattern', pattern: '*'.repeat(2_000) } },
    { ...forged, seq: 0.5, invalidation: { kind: 'all' } },
  ];
  for (const message of all) await world.bus.connect().publish(message);
  await time.advance(10);
  expect(await world.take(cache.get('a'))).toBe(1);
  expect(caches.statistics().bus?.errors).toBe(all.length);
});

it('tells a list of keys that no message carries in several, and all of it arrives', async () => {
  const one = await world.replica();
  const other = await world.replica();
  await time.advance(100);
  const cache = one.caches.namespace('test');
  const keys = Array.from({ length: 300 }, (_, index) => `${index}`.padEnd(1_000, '.'));
  for (const key of keys) void cache.getOrCompute(key, () => 1);
  await time.advance(1);
  await world.take(other.caches.namespace('test').delete(...keys));
  expect(one.caches.statistics().bus).toMatchObject({ received: 3, gaps: 0 });
  expect(keys.filter((key) => cache.describe(key) !== undefined)).toEqual([]);
});

it('acknowledges an invalidation that the bus takes for ever to send, once it would have been confirmed', async () => {
  const never = { publish: () => new Promise<void>(() => {}), subscribe: () => () => {} };
  const { caches } = await world.replica({ bus: { bus: never, ...QUICK_BUS } });
  await world.take(caches.namespace('test').delete('a'));
  expect(caches.statistics().bus).toMatchObject({ published: 1, unconfirmed: 1 });
});

it('gives out nothing that a replica invalidated unheard, once that one was silent for the bound', async () => {
  const { caches } = await world.replica();
  await time.advance(30);
  const other = await world.replica();
  await time.advance(100);
  const cache = caches.namespace('test');
  // Of whom nothing was ever heard nobody knows that it is silent.
  await world.take(other.caches.namespace('test').delete('b'));
  await world.take(cache.getOrCompute('a', () => 'old'));
  await time.advance(100);
  const heard = time.now();
  world.fault = { kind: 'drop' };
  await world.take(other.caches.namespace('test').delete('a'));
  world.fault = undefined;
  other.connection.link = 'cut';
  await time.advance(QUICK_BUS.silenceMs - (time.now() - heard));
  expect(await world.take(cache.get('a'))).toBeUndefined();
});

it('takes back what another replica was given by one that had not heard, which has it for as long as it lives', async () => {
  const [owner, writer, gateway] = [await world.replica(), await world.replica(), await world.replica()];
  await time.advance(200);
  const [owned, kept] = [owner, gateway].map(({ caches }) => caches.namespace('test'));
  await world.take(owned!.getOrCompute('a', () => 'old'));
  owner.connection.link = 'cut';
  await world.take(writer.caches.namespace('test').delete('a'));
  owner.connection.link = 'up';
  // The gateway has heard, the owner has not, and is asked.
  expect(await world.take(kept!.getOrCompute('a', async () => (await owned!.get('a')) ?? 'new'))).toBe('old');
  expect(await world.take(kept!.get('a'))).toBe('old');
  await time.advance(300);
  expect(await world.take(owned!.get('a'))).toBeUndefined();
  expect(await world.take(kept!.get('a'))).toBeUndefined();
});
