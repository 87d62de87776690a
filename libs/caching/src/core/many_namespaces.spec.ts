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

async function replica(): Promise<Caches> {
  const caches = new Caches({ clock: time, bus: { bus: bus.connect(), ...BUS } });
  open.push(caches);
  await caches.open();
  return caches;
}

async function take<T>(work: Promise<T>): Promise<T> {
  await time.advance(60);
  return work;
}

/** Two replicas, one of which has invalidated more namespaces than it counts apart. */
async function two() {
  const [one, other] = [await replica(), await replica()];
  await time.advance(200);
  const all = Array.from({ length: 1_200 }, (_none, index) =>
    one.invalidate(`namespace ${index}`, { kind: 'keys', keys: ['a'] }),
  );
  await take(Promise.all(all));
  const caches = ['namespace 0', 'namespace 1199'].map((name) => other.namespace(name));
  for (const cache of caches) await take(cache.set('a', 'old'));
  await time.advance(200);
  const held = () => Promise.all(caches.map((cache) => cache.get('a')));
  return { one, other, held };
}

it('holds a thousand namespaces and refuses one more', async () => {
  const caches = await replica();
  for (let index = 0; index < 1_000; index++) caches.namespace(`namespace ${index}`);
  expect(() => caches.namespace('one more')).toThrow(/^namespace: must be one of at most 1000/);
  expect(caches.namespace('namespace 7').name).toBe('namespace 7');
});

it('hears of any number of namespaces, each by its name', async () => {
  const { one, other, held } = await two();
  expect(await held()).toEqual(['old', 'old']);
  await take(one.invalidate('namespace 1199', { kind: 'keys', keys: ['a'] }));
  expect(await held()).toEqual(['old', undefined]);
  expect(other.statistics().bus).toMatchObject({ state: 'connected', gaps: 0, errors: 0 });
});

it.each(['the next message', 'the next heartbeat'])('misses what was lost of one of too many, by %s', async (by) => {
  const { one, other, held } = await two();
  fault = { kind: 'drop' };
  const lost = one.invalidate('namespace 1199', { kind: 'keys', keys: ['a'] });
  await new Promise(setImmediate);
  fault = undefined;
  if (by === 'the next message') void one.invalidate('namespace 1100', { kind: 'keys', keys: ['a'] });
  else await time.advance(100);
  await take(lost);
  expect(await held()).toEqual([undefined, undefined]);
  expect(other.statistics().bus).toMatchObject({ gaps: 1, errors: 0 });
});
