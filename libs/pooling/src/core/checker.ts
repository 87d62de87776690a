import type { PoolClock } from './clock.ts';
import type { ResourceFactory } from './factory.ts';

/**
 * Asks one resource whether it still works. What keeps silent for `timeoutMs` is dead: a peer that is gone without a word
 * leaves a socket that looks open.
 *
 * @returns what is wrong with it; undefined where nothing is
 */
export async function checkResource<T>(
  factory: ResourceFactory<T>,
  resource: T,
  { clock, timeoutMs }: { readonly clock: PoolClock; readonly timeoutMs: number },
): Promise<unknown> {
  if (!factory.check) return undefined;
  const controller = new AbortController();
  const silent = Promise.withResolvers<never>();
  const timedOut = () => silent.reject(new Error(`A check did not end within ${timeoutMs} ms`));
  const timer = clock.setTimer(timedOut, timeoutMs, true);
  try {
    const checked = (async () => factory.check!(resource, controller.signal))();
    if ((await Promise.race([checked, silent.promise])) === false) throw new Error('A check found it dead');
    return undefined;
  } catch (error) {
    controller.abort(error);
    return error ?? new Error('A check failed');
  } finally {
    clock.clearTimer(timer);
  }
}
