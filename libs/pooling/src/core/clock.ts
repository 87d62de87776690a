/** What a pool measures time with and waits by. Tests bring their own. */
export interface PoolClock {
  /** Milliseconds that only ever go up. */
  now(): number;
  /** Calls `run` once, after `ms`. A timer in the background keeps no process alive. */
  setTimer(run: () => void, ms: number, background: boolean): unknown;
  /** Takes back what {@link setTimer} gave. */
  clearTimer(timer: unknown): void;
}

/** The process's own time. */
export const systemClock: PoolClock = {
  now: () => performance.now(),
  setTimer: (run, ms, background) => {
    const timer = setTimeout(run, ms);
    return background ? timer.unref() : timer;
  },
  clearTimer: (timer) => clearTimeout(timer as NodeJS.Timeout),
};
