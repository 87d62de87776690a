import type { Clock } from './clock.ts';

/** Resolves in `ms`. @throws the signal's reason (as a rejection) once it has aborted */
export function wait(ms: number, signal: AbortSignal, clock: Clock): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error);
    const onAbort = (): void => {
      clock.clearTimer(timer);
      reject(signal.reason as Error);
    };
    const timer = clock.setTimer(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

/**
 * What the work gives, unless the signal aborts before. Work that goes on all the same is left to itself: what it gives then
 * is dropped.
 *
 * @throws the signal's reason (as a rejection) once it has aborted
 */
export function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    const ended = (): void => signal.removeEventListener('abort', onAbort);
    work.then(resolve, reject).finally(ended);
  });
}
