import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { chaotic, type StoreCall } from '../testing/stores/chaotic-store.ts';
import { createSharedStore } from '../testing/stores/shared-store.ts';
import { VirtualTime } from '../testing/time/virtual-time.ts';
import { Caches } from './caches.ts';

let time: VirtualTime;
let caches: Caches;
/** Which calls of the tier begin late: later than it is given to answer. */
let late: StoreCall | undefined;

beforeEach(async () => {
  time = new VirtualTime();
  time.install();
  late = undefined;
  const store = chaotic(createSharedStore(time), (call) => (call === late ? { kind: 'delay', ms: 200 } : undefined));
  caches = new Caches({ clock: time, memory: { maxBytes: 2_500 }, tiers: [{ store, timeoutMs: 50 }] });
  await caches.open();
});

afterEach(async () => {
  await time.advance(1_000);
  const closing = caches.close();
  await time.advance(1_000);
  await closing;
  time.uninstall();
});

async function take<T>(work: Promise<T>): Promise<T> {
  await time.advance(100);
  return work;
}

it('does not bring an invalidated value back where the write of a set comes late', async () => {
  const cache = caches.namespace('test');
  late = 'set';
  await take(cache.set('a', 'old'));
  late = undefined;
  await take(cache.delete('a'));
  await time.advance(1_000);
  expect(await take(cache.get('a'))).toBeUndefined();
});

it('does not bring an invalidated value back where the write of a load comes late', async () => {
  const cache = caches.namespace('test');
  late = 'set';
  expect(await take(cache.getOrCompute('a', () => 'old'))).toBe('old');
  late = undefined;
  await take(cache.delete('a'));
  await time.advance(1_000);
  expect(await take(cache.get('a'))).toBeUndefined();
});

it('does not bring an invalidated value back where it was on its way down a tier', async () => {
  const cache = caches.namespace('test');
  late = 'set';
  // Memory alone has it, and no room for the next; what goes down comes late.
  await take(cache.set('a', 'x'.repeat(1_000)));
  await time.advance(1_000);
  void cache.set('b', 'y'.repeat(1_000));
  await time.advance(1);
  expect(cache.describe('a')).toBeUndefined();
  late = undefined;
  await take(cache.delete('a'));
  await time.advance(1_000);
  expect(await take(cache.get('a'))).toBeUndefined();
});

it('keeps the later of two values that are set at once', async () => {
  const cache = caches.namespace('test');
  await take(Promise.all([cache.set('a', 'first'), cache.set('a', 'second')]));
  expect(await cache.get('a')).toBe('second');
});

it('does not keep a value that is being set while its key, its tag or all is invalidated', async () => {
  const cache = caches.namespace('test');
  for (const invalidate of [() => cache.delete('a'), () => cache.invalidateTags('t'), () => cache.clear()]) {
    late = 'invalidate';
    const setting = cache.set('a', 'old', { tags: ['t'] });
    late = undefined;
    const invalidating = invalidate();
    await time.advance(3_000);
    await Promise.all([setting, invalidating]);
    expect(await take(cache.get('a'))).toBeUndefined();
  }
});

it('has a value go down a tier that did not take it at first, when memory has no room for it', async () => {
  const cache = caches.namespace('test');
  late = 'set';
  await take(cache.set('a', 'kept'));
  late = undefined;
  await take(cache.set('b', 'y'.repeat(800)));
  expect(cache.describe('a')).toBeUndefined();
  expect(await take(cache.get('a'))).toBe('kept');
});
