import type { Clock } from '../../core/clock.ts';
import type { LoadLock, Store } from '../../core/store.ts';
import { ReferenceStore } from './reference-store.ts';

/**
 * A shared store in this process, as several replicas would have one together: it has positions and locks, forgets nothing
 * that was invalidated, and stays open when one of them closes it.
 */
export function createSharedStore(clock: Clock, name = 'shared'): Store {
  const store = new ReferenceStore(clock);
  const locks = new Map<string, { endsAt: number }>();
  return {
    name,
    shared: true,
    getMany: (...args) => store.getMany(...args),
    set: (storing) => store.set(storing),
    invalidate: (...args) => store.invalidate(...args),
    purge: () => store.purge(),
    lock: (namespace, key, lifeMs) => Promise.resolve(lockIn(locks, JSON.stringify([namespace, key]), clock, lifeMs)),
    statistics: () => store.statistics(),
    close: () => Promise.resolve(),
  };
}

function lockIn(
  locks: Map<string, { endsAt: number }>,
  id: string,
  clock: Clock,
  lifeMs: number,
): LoadLock | undefined {
  const other = locks.get(id);
  if (other !== undefined && other.endsAt > clock.now()) return undefined;
  const held = { endsAt: clock.now() + lifeMs };
  locks.set(id, held);
  const isHeld = (): boolean => locks.get(id) === held && held.endsAt > clock.now();
  return {
    extend: (forMs) => {
      if (!isHeld()) return Promise.resolve(false);
      held.endsAt = clock.now() + forMs;
      return Promise.resolve(true);
    },
    release: () => {
      if (locks.get(id) === held) locks.delete(id);
      return Promise.resolve();
    },
  };
}
