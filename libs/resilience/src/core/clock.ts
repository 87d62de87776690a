/** A timer that was set by a {@link Clock}. */
export type Timer = object;

/** Time as policies see it: milliseconds that only ever go up, and timers that go by them. Tests bring their own. */
export interface Clock {
  now(): number;
  /** Runs `run` once, not before `ms` have passed. */
  setTimer(run: () => void, ms: number): Timer;
  /** What has run or was cleared before is passed over. */
  clearTimer(timer: Timer): void;
}

/** The machine's monotonic clock, and Node's timers. */
export const systemClock: Clock = {
  now: () => performance.now(),
  setTimer: (run, ms) => setTimeout(run, ms),
  clearTimer: (timer) => clearTimeout(timer as NodeJS.Timeout),
};

/** A number of at least 0 and below 1, as `Math.random` gives. */
export type Random = () => number;
