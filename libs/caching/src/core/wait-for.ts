/** The work had not ended when the time was over; it goes on. */
export class WaitedTooLong extends Error {
  override readonly name = 'WaitedTooLong';
}

/**
 * The end of `work`, if it comes within `ms` and before `signal` is aborted.
 *
 * Rejects with what the work does, {@link WaitedTooLong}, or the signal's reason. The work itself goes on.
 */
export function waitFor<T>(work: Promise<T>, ms: number, signal?: AbortSignal): Promise<T> {
  if (signal?.aborted) return Promise.reject(reasonOf(signal));
  return new Promise<T>((resolve, reject) => {
    // Whole milliseconds: timers of one duration share a list.
    const timer = setTimeout(() => end(() => reject(new WaitedTooLong())), Math.max(1, Math.ceil(ms)));
    const onAbort = (): void => end(() => reject(reasonOf(signal!)));
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      settle();
    };
    signal?.addEventListener('abort', onAbort);
    work.then(
      (value) => end(() => resolve(value)),
      (error: unknown) => end(() => reject(error as Error)),
    );
  });
}

/** Resolves after `ms`; rejects with the signal's reason where it is aborted before. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return waitFor(new Promise<never>(() => {}), ms, signal).catch((error: unknown) => {
    if (!(error instanceof WaitedTooLong)) throw error;
  });
}

function reasonOf({ reason }: AbortSignal): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
