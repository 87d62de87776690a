export type { Measured } from '../../contest/contest.ts';
import type { Place } from '../contestant.ts';
import type { ContestantName } from '../contestants/index.ts';
import type { ValueSize } from '../values.ts';

/** What the process of one contestant is asked to measure. */
export type Job = { readonly contestant: ContestantName } & Measure;

export type Measure =
  /** Reads of keys that are there, `inFlight` at a time, each waited for with the others. */
  | {
      readonly measure: 'hits';
      readonly place: Place;
      readonly tagged: boolean;
      readonly inFlight: number;
      readonly keys: number;
      readonly value: ValueSize;
      readonly seconds: number;
    }
  /** Reads of keys that are not there, one at a time. */
  | { readonly measure: 'misses'; readonly tagged: boolean; readonly keys: number; readonly value: ValueSize }
  /** One tag that all keys have is invalidated, and keys are read after that. */
  | { readonly measure: 'tag'; readonly keys: number }
  /** Many ask for one key that is not there. */
  | { readonly measure: 'stampede'; readonly callers: number; readonly loadMs: number }
  /** What entries take. */
  | { readonly measure: 'memory'; readonly keys: number; readonly value: ValueSize };

export type MeasureName = Measure['measure'];
