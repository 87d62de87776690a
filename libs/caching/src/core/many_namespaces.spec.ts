import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { ReplicasInTime } from '../testing/replicas-in-time.ts';
import type { VirtualTime } from '../testing/time/virtual-time.ts';

let world: ReplicasInTime;
let time: VirtualTime;

beforeEach(() => {
  world = new ReplicasInTime();
  ({ time } = world);
});
afterEach(() => world.end());

/** Two replicas, one of which has invalidated more namespaces than it counts apart. */
async function two() {
  const [{ caches: one }, { caches: other }] = [await world.replica(), await world.replica()];
  await time.advance(200);
  const all = Array.from({ length: 1_200 }, (_none, index) =>
    one.invalidate(`namespace ${index}`, { kind: 'keys', keys: ['a'] }),
  );
  await world.take(Promise.all(all));
  const caches = ['namespace 0', 'namespace 1199'].map((name) => other.namespace(name));
  for (const cache of caches) await world.take(cache.set('a', 'old'));
  await time.advance(200);
  const held = () => Promise.all(caches.map((cache) => cache.get('a')));
  return { one, other, held };
}

it('holds a thousand namespaces and refuses one more', async () => {
  const { caches } = await world.replica();
  for (let index = 0; index < 1_000; index++) caches.namespace(`namespace ${index}`);
  expect(() => caches.namespace('one more')).toThrow(/^namespace: must be one of at most 1000/);
  expect(caches.namespace('namespace 7').name).toBe('namespace 7');
});

it('hears of any number of namespaces, each by its name', async () => {
  const { one, other, held } = await two();
  expect(await held()).toEqual(['old', 'old']);
  await world.take(one.invalidate('namespace 1199', { kind: 'keys', keys: ['a'] }));
  expect(await held()).toEqual(['old', undefined]);
  expect(other.statistics().bus).toMatchObject({ state: 'connected', gaps: 0, errors: 0 });
});

it.each(['the next message', 'the next heartbeat'])('misses what was lost of one of too many, by %s', async (by) => {
  const { one, other, held } = await two();
  world.fault = { kind: 'drop' };
  const lost = one.invalidate('namespace 1199', { kind: 'keys', keys: ['a'] });
  await new Promise(setImmediate);
  world.fault = undefined;
  if (by === 'the next message') void one.invalidate('namespace 1100', { kind: 'keys', keys: ['a'] });
  else await time.advance(100);
  await world.take(lost);
  expect(await held()).toEqual([undefined, undefined]);
  expect(other.statistics().bus).toMatchObject({ gaps: 1, errors: 0 });
});
