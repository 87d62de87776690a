import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { FallbackStore } from '../stores/fallback/index.ts';
import { MemoryStore } from '../stores/memory/index.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { slotLimit } from './limit.ts';
import { Limiter } from './limiter.ts';

const demands = [{ limit: slotLimit('slots', { slots: 1, leaseMs: 300 }), subject: 'a' }];
const asker = { client: 'a', waits: false };

class FailingStore extends MemoryStore {
  override release(): never {
    throw new Error('away');
  }
}

let warnings: (string | undefined)[];
beforeEach(() => {
  warnings = [];
  jest.spyOn(process, 'emitWarning').mockImplementation((warning) => {
    warnings.push(/threw Error: (\w+)/.exec(String(warning))?.[1]);
  });
});
afterEach(() => void jest.restoreAllMocks());

const settled = () => new Promise((resolve) => setImmediate(resolve));

it('of what is lost or fails, and the limiter goes on', async () => {
  const clock = new VirtualClock();
  const store = new FailingStore({ clock });
  const limiter = new Limiter({
    store,
    clock,
    onLost: () => {
      throw new Error('lost');
    },
    // As one that is async.
    onProblem: () => Promise.reject(new Error('problem')) as never,
  });
  const lost = await limiter.acquire(demands, { client: 'a' });
  store.reset(demands);
  await clock.advance(300);
  expect(lost.holds).toEqual([]);
  await (await limiter.acquire(demands, { client: 'a' })).release();
  await settled();
  expect(warnings).toEqual(['lost', 'problem']);
  expect(limiter.statistics()).toMatchObject({ lostLeases: 1, storeProblems: 1 });
  await limiter.close();
});

it('of a primary store that goes away, and its share is given', async () => {
  const onChange = () => {
    throw new Error('change');
  };
  const primary = new MemoryStore();
  primary.take = () => {
    throw new Error('away');
  };
  const store = new FallbackStore({ primary, share: 1, onChange });
  expect(await store.take(demands, asker)).toMatchObject({ allowed: true });
  await settled();
  expect(warnings).toEqual(['change']);
  await store.close();
});
