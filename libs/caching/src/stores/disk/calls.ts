import type { Invalidation } from '../../core/invalidation.ts';
import type { FoundEntry, Position, StoreStatistics, Storing } from '../../core/store.ts';

/** What may be wrong with the disk, or with what is on it. */
export type DiskProblemKind =
  /** What was there can't be read: it was set aside, and the store began again with nothing; or one entry, which is gone. */
  | 'corrupt'
  /** Another process has the folder. Calls fail until that one ends. */
  | 'in_use'
  /** Writes fail, for want of room for example. What is there is still read. */
  | 'full'
  /** It can't be opened, or hangs. Calls fail until it works again. */
  | 'failing';

export interface DiskProblem {
  readonly kind: DiskProblemKind;
  /** A sentence for whoever runs it, with the path. */
  readonly message: string;
}

/** What the thread is told once. */
export interface ThreadOptions {
  readonly folder: string;
  readonly maxBytes: number;
  readonly compressAboveBytes: number;
  /** The highest position that was given out by a thread before this one. */
  readonly positionsFrom: Position;
  /** Whether an invalidation did not reach a thread before this one. */
  readonly missedInvalidations: boolean;
}

export type Call =
  | { readonly kind: 'open' }
  | { readonly kind: 'get'; readonly namespace: string; readonly keys: readonly string[] }
  | { readonly kind: 'set'; readonly storing: Storing }
  | { readonly kind: 'invalidate'; readonly namespace: string; readonly invalidation: Invalidation }
  | { readonly kind: 'purge' }
  | { readonly kind: 'close' };

/**
 * Whether an entry is from before this run: `trustable` as its owner says, or `never`, where something may have been lost of
 * what was said about it.
 */
export type Origin = 'this_run' | 'trustable' | 'never';

export type DiskFound = FoundEntry & { readonly origin: Origin };

export interface DiskLookup {
  readonly entry: DiskFound | undefined;
  readonly position: Position;
}

/** By the call: lookups of `get`, whether it was kept of `set`, whether there is more of `purge`; nothing of the others. */
export type Answer = { readonly value: readonly DiskLookup[] | boolean | undefined } | { readonly failure: string };

/** What the thread answers to a batch of calls, one answer each, in their order. */
export interface Answers {
  readonly answers: readonly Answer[];
  readonly held: Held;
  readonly problems: readonly DiskProblem[];
  readonly position: Position;
}

export type Held = Omit<StoreStatistics, 'maxBytes'>;
