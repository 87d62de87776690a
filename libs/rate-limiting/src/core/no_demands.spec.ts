import { expect, it } from '@jest/globals';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { MemoryStore } from '../stores/memory/index.ts';
import { Limiter } from './limiter.ts';

/** As a Redis that is slow. */
class SilentStore extends MemoryStore {
  override take(): never {
    return new Promise(() => {}) as never;
  }
}

it('are granted at once, whatever the store does', async () => {
  const clock = new VirtualClock();
  const limiter = new Limiter({ store: new SilentStore({ clock }), clock });
  const answered = { allowed: true, holds: [], standings: [], waitedMs: 0 };
  expect(limiter.take([])).toMatchObject(answered);
  expect(limiter.acquire([], { client: 'a', waitMs: 10 })).toMatchObject(answered);
  await clock.advance(20);
  expect(limiter.statistics()).toMatchObject({ allowed: 2, waiting: 0 });
  await limiter.close();
});
