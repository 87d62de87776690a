/** Why a process is to end. */
export type StopCause =
  { readonly kind: 'signal'; readonly signal: string } | { readonly kind: 'fault'; readonly error: unknown };

// A terminal that is closed says SIGHUP; by default that would end the process without a drain.
const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
const sameSignalMs = 1_000;

/**
 * Hears signals, uncaught exceptions and unhandled rejections, from its making on. `npm` passes on a signal that the
 * terminal has already sent, so signals within a second of the first are one; a later one means that somebody is tired
 * of waiting.
 */
export class StopSignals {
  /** The first reason to stop. */
  readonly stop: Promise<StopCause>;
  /** Aborted with `stop`: for what should not even be started any more. */
  readonly signal: AbortSignal;
  /** Somebody insists. */
  readonly forced: Promise<string>;

  constructor(onFault: (error: unknown) => void) {
    const stop = Promise.withResolvers<StopCause>();
    const forced = Promise.withResolvers<string>();
    const abort = new AbortController();
    this.stop = stop.promise;
    this.forced = forced.promise;
    this.signal = abort.signal;
    let firstAt: number | undefined;
    for (const signal of signals) {
      process.on(signal, () => {
        firstAt ??= performance.now();
        if (performance.now() - firstAt > sameSignalMs) forced.resolve(signal);
        stop.resolve({ kind: 'signal', signal });
        abort.abort();
      });
    }
    const fault = (error: unknown): void => {
      onFault(error);
      stop.resolve({ kind: 'fault', error });
      abort.abort();
    };
    process.on('uncaughtException', fault);
    process.on('unhandledRejection', fault);
    // Whoever read our output is gone; that is no reason to stop serving.
    for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  }
}
