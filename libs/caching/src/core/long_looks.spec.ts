import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { createSharedStore } from '../testing/stores/shared-store.ts';
import { monotonicClock } from './clock.ts';
import type { Invalidation } from './invalidation.ts';
import type { Store } from './store.ts';
import { Tier } from './tier.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const breaker = { open: false, run: <T>(work: () => Promise<T>) => work() };

/** A tier whose store never comes to the end of its entries. */
function tierWithoutEnd(isAway: () => boolean = () => false) {
  const told: Invalidation['kind'][] = [];
  const invalidate: Store['invalidate'] = (_namespace, { kind }) => {
    told.push(kind);
    if (isAway()) return Promise.reject(new Error('away'));
    return kind === 'all' ? Promise.resolve() : new Promise(() => {});
  };
  const store = { ...createSharedStore(monotonicClock), shared: false, invalidate };
  return { tier: new Tier({ store }, { breaker, onProblem: () => {} }), told };
}

it('has a tier that can not look through its entries in time forget the namespace, and reads it again', async () => {
  const { tier, told } = tierWithoutEnd();
  const done: Invalidation['kind'][] = [];
  const invalidating = tier.invalidate('a', { kind: 'prefix', prefix: 'x' }, (_namespace, { kind }) => done.push(kind));
  await jest.advanceTimersByTimeAsync(10_000);
  expect(await invalidating).toBe(false);
  expect(await tier.getMany('a', ['x'])).toBeUndefined();
  await jest.advanceTimersByTimeAsync(500);
  expect([told, done]).toEqual([['prefix', 'all'], ['all']]);
  expect(await tier.getMany('a', ['x'])).toHaveLength(1);
  await tier.close();
});

it('does so also where it was away at first, with all that has come to wait', async () => {
  let isAway = true;
  const { tier, told } = tierWithoutEnd(() => isAway);
  await tier.invalidate('a', { kind: 'pattern', pattern: '*x' });
  await tier.invalidate('a', { kind: 'keys', keys: ['x'] });
  expect(tier.statistics().pendingInvalidations).toBe(2);
  await jest.advanceTimersByTimeAsync(500);
  expect(told).toEqual(['pattern', 'pattern']);
  isAway = false;
  await jest.advanceTimersByTimeAsync(500 + 10_000);
  expect(tier.statistics().pendingInvalidations).toBe(1);
  await jest.advanceTimersByTimeAsync(500);
  expect(told).toEqual(['pattern', 'pattern', 'pattern', 'all']);
  expect(tier.statistics().pendingInvalidations).toBe(0);
  await tier.close();
});
