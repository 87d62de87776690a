import type { Place } from './contestant.ts';
import type { ContestantName } from './contestants/index.ts';

/** What the process of one contestant is asked to measure. */
export type Job = { readonly contestant: ContestantName } & Measure;

export type Measure =
  /** Calls that are let through, of so many clients in turn, `inFlight` at a time. */
  | {
      readonly measure: 'takes';
      readonly place: Place;
      readonly clients: number;
      readonly inFlight: number;
      /** How many limits each call takes of. */
      readonly limits: 1 | 3;
      readonly seconds: number;
    }
  /** What so many clients take in memory, each seen once. */
  | { readonly measure: 'memory'; readonly place: Place; readonly clients: number };
