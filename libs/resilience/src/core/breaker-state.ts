/** Calls go through, and are counted. */
export interface Closed {
  readonly kind: 'closed';
}

/** Calls are refused until `until`, by the breaker's clock; the next one after it is a probe. */
export interface Open {
  readonly kind: 'open';
  readonly until: number;
  /** How often it has opened since it was last closed, from 1. */
  readonly openings: number;
}

/** A few probes go through; what becomes of them decides. */
export interface HalfOpen {
  readonly kind: 'half-open';
  readonly openings: number;
  /** The probes that are out, the oldest first. */
  readonly probes: readonly Probe[];
  readonly succeeded: number;
}

export interface Probe {
  /** When it has failed unless it has come back, by the breaker's clock. */
  readonly dueAt: number;
}

/** What a breaker is in. A state that can't be, such as a closed one with probes, can't be written. */
export type BreakerState = Closed | Open | HalfOpen;

/** Told of each change, after it. What it throws becomes a warning of the process. */
export type BreakerListener = (to: BreakerState, from: BreakerState) => void;
