import { Logger } from '@nestjs/common';
import { Cache, Caches, openCaches } from '@purser/caching';
import { cacheNamespaces, cacheTags } from '@purser/contracts';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { UsageChanges } from './usage-changes.ts';

let caches: Caches;
let changes: UsageChanges;
let told: number;
beforeEach(async () => {
  told = 0;
  caches = await openCaches();
  const { invalidateTags } = Cache.prototype;
  jest.spyOn(Cache.prototype, 'invalidateTags').mockImplementation(function (this: Cache, ...tags: readonly string[]) {
    told += 1;
    return invalidateTags.apply(this, [...tags]);
  });
  changes = new UsageChanges(caches);
});
afterEach(async () => {
  jest.restoreAllMocks();
  await caches.close();
});

describe('changes of usage', () => {
  it('make sums untrue', async () => {
    const usage = caches.namespace(cacheNamespaces.usage);
    await usage.set('sum', 1, { tags: [cacheTags.usage] });
    changes.note();
    await changes.beforeApplicationShutdown();
    expect(await usage.get('sum')).toBeUndefined();
  });

  it('are told one at a time, and once more for all that came meanwhile', async () => {
    changes.note();
    const telling = changes.beforeApplicationShutdown();
    for (let note = 0; note < 100; note++) changes.note();
    await telling;
    expect(told).toBe(2);
  });

  it('are told again after it failed once', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const closed = await openCaches();
    await closed.close();
    const failing = new UsageChanges(closed);
    failing.note();
    await failing.beforeApplicationShutdown();
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('Sums of usage may be old for some seconds'));
    failing.note();
    await failing.beforeApplicationShutdown();
    expect(warn).toHaveBeenCalledTimes(2);
  });
});
