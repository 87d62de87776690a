/** Milliseconds that only ever go up, and timers by them. Tests bring their own. */
export interface Clock {
  now(): number;
  /** Runs it once, after so many milliseconds; the result calls that off. Keeps no process running. */
  after(ms: number, run: () => void): () => void;
}

export const monotonicClock: Clock = {
  now: () => performance.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
