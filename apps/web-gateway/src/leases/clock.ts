/** Time as one process sees it. Injected, so that the protocol can be run under simulated, drifting clocks. */
export interface Clock {
  /** Monotonic milliseconds; comparable only within this process. */
  now(): number;
  /** Runs `fn` after `ms`; the result cancels it. Does not keep the process alive. */
  after(ms: number, fn: () => void): () => void;
  /** Runs `fn` at the end of this turn of the event loop. */
  defer(fn: () => void): void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after: (ms, fn) => {
    const timer = setTimeout(fn, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
  defer: (fn) => void setImmediate(fn),
};
