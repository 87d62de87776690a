import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { VirtualTime } from '../testing/time/virtual-time.ts';
import type { Cache } from './cache.ts';
import { Caches } from './caches.ts';
import type { Loader } from './loader.ts';

const LIFE = { ttl: 1_000, staleFor: 1_000, jitter: 0 };

let time: VirtualTime;
let caches: Caches;
let cache: Cache;

beforeEach(async () => {
  time = new VirtualTime();
  time.install();
  caches = new Caches({ clock: time });
  await caches.open();
  cache = caches.namespace('test', { ...LIFE, hardTimeoutMs: 5_000 });
});

afterEach(async () => {
  await caches.close();
  time.uninstall();
});

async function ask(load: Loader<unknown>, options: object = {}, afterMs = 10): Promise<unknown> {
  const asked = cache.getOrComputeEntry('a', load, options).then(
    ({ value, status }) => [value, status],
    ({ code, message }: { code?: string; message: string }) => code ?? message,
  );
  await time.advance(afterMs);
  return asked;
}

const after = (ms: number, value: unknown) => async () => {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return value;
};
const failsAfter = (ms: number) => async () => {
  await after(ms, undefined)();
  throw new Error('not today');
};

it('gives a stale value at once while a newer one is loaded, which the next one gets', async () => {
  await ask(() => 'old');
  await time.advance(1_000);
  expect(await ask(after(100, 'new'))).toEqual(['old', 'STALE']);
  await time.advance(100);
  expect(await ask(() => 'none')).toEqual(['new', 'HIT']);
});

it('waits for the soft timeout before it takes a stale value', async () => {
  await ask(() => 'old');
  await time.advance(1_000);
  expect(await ask(after(30, 'new'), { softTimeoutMs: 50 }, 100)).toEqual(['new', 'MISS']);
  await time.advance(1_000);
  expect(await ask(after(80, 'newer'), { softTimeoutMs: 50 }, 100)).toEqual(['new', 'STALE']);
});

it('gives a stale value where loading fails, and leaves the source alone for a moment', async () => {
  await ask(() => 'old');
  await time.advance(1_000);
  expect(await ask(failsAfter(1), { softTimeoutMs: 100 })).toEqual(['old', 'STALE']);
  let loads = 0;
  expect(await ask(() => (loads += 1))).toEqual(['old', 'STALE']);
  expect(loads).toBe(0);
  expect(await ask(failsAfter(1), { softTimeoutMs: 100, staleOnError: false })).toBe('not today');
});

it('gives nothing beyond life and stale time because the loader was slow to fail', async () => {
  await ask(() => 'old');
  await time.advance(1_500);
  expect(await ask(failsAfter(3_000), { softTimeoutMs: Infinity }, 4_000)).toBe('not today');
});

it('gives no stale value any more once the source has said that there is none', async () => {
  await ask(() => 'old');
  await time.advance(1_000);
  expect(await ask(() => undefined, { softTimeoutMs: 100 })).toEqual([undefined, 'MISS']);
  expect(await ask(() => undefined)).toEqual([undefined, 'MISS']);
});

it('ends the waiting for a loader that never returns; the next caller has a load of its own, and the late value is dropped', async () => {
  const late = Promise.withResolvers<string>();
  expect(await ask(() => late.promise, { hardTimeoutMs: 100 }, 200)).toBe('load_timeout');
  late.resolve('late');
  await time.advance(1);
  expect(await cache.get('a')).toBeUndefined();
  expect(await ask(() => 'new')).toEqual(['new', 'MISS']);
  expect(await cache.get('a')).toBe('new');
});

it('ends the waiting of who gives up, and of nobody else', async () => {
  const ending = new AbortController();
  const load = after(100, 'value');
  const given = ask(load, { signal: ending.signal }, 0);
  const other = ask(load, {}, 0);
  await time.advance(1);
  ending.abort(new Error('enough'));
  expect(await given).toBe('enough');
  await time.advance(200);
  expect(await other).toEqual(['value', 'MISS']);
  let loads = 0;
  await cache.clear();
  expect(await ask(() => (loads += 1), { signal: ending.signal })).toBe('enough');
  expect(loads).toBe(0);
});

it('gives a loader what there was, and a new life to what is not modified', async () => {
  await ask((load) => {
    load.etag('v1');
    return 'old';
  });
  await time.advance(1_500);
  const renew: Loader<unknown> = (load) => {
    expect(load.previous).toMatchObject({ value: 'old', etag: 'v1' });
    return load.notModified();
  };
  expect(await ask(renew, { softTimeoutMs: Infinity })).toEqual(['old', 'MISS']);
  expect(cache.describe('a')).toMatchObject({ etag: 'v1' });
  await time.advance(500);
  expect(await ask(() => 'none')).toEqual(['old', 'HIT']);
  await cache.delete('a');
  expect(await ask((load) => load.notModified())).toBe('invalid_value');
});

it('remembers that there is none for as long as it is told to', async () => {
  let loads = 0;
  const none: Loader<unknown> = () => void (loads += 1);
  expect(await ask(none, { negativeTtl: 500 })).toEqual([undefined, 'MISS']);
  expect(await ask(none, { negativeTtl: 500 })).toEqual([undefined, 'HIT']);
  expect(await cache.get('a')).toBeUndefined();
  await time.advance(500);
  await ask(none, { negativeTtl: 500 });
  expect(loads).toBe(2);
});
