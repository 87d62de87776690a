import { expect, it } from '@jest/globals';
import type { MessageTransport } from '@purser/messaging';
import { createSharedStore } from '@purser/caching/testing';
import { cachesOptions } from './caches-options.ts';

it('closes its local tiers, and what they stand on, where Redis can not be opened', async () => {
  const closed: string[] = [];
  const store = { ...createSharedStore({ now: () => 0 }), close: async () => void closed.push('store') };
  const openLocalTiers = async () => [{ store, onClosed: async () => void closed.push('what it stands on') }];
  const config = { REDIS_URL: 'no address', CACHE_MEMORY_BYTES: 1_000_000 };
  const opening = cachesOptions({ service: 'test', config, openLocalTiers }, {} as MessageTransport);
  await expect(opening).rejects.toThrow();
  expect(closed).toEqual(['store', 'what it stands on']);
});
