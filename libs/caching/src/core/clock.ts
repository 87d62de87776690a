/** Milliseconds that only ever go up. Tests bring their own. */
export interface Clock {
  now(): number;
}

export const monotonicClock: Clock = { now: () => performance.now() };
