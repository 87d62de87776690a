import { afterEach, expect, it } from '@jest/globals';
import { openCaches, type Caches } from './caches.ts';

let caches: Caches;
afterEach(() => caches.close());

it('has the defaults where a namespace names an option as undefined', async () => {
  caches = await openCaches({ defaults: { ttl: 1_000, jitter: 0 } });
  const cache = caches.namespace('a', { ttl: undefined, jitter: undefined, staleFor: 1 });
  await cache.set('k', 1);
  expect(cache.describe('k')!.freshForMs).toBeGreaterThan(0);
  expect(cache.describe('k')!.freshForMs).toBeLessThanOrEqual(1_000);
  expect(() => caches.namespace('a', { staleFor: 1, ttl: 1_000 })).not.toThrow();
});
