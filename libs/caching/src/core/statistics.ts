import type { DurationStatistics } from './durations.ts';
import type { StoreStatistics } from './store.ts';

/** One tier since the start. Rates are shares of 1; null where nothing was counted. */
export interface TierStatistics extends StoreStatistics {
  readonly name: string;
  readonly state: 'available' | 'unavailable';
  readonly hits: number;
  readonly misses: number;
  readonly hitRate: number | null;
  /** Entries that it kept. */
  readonly sets: number;
  /** Entries that it did not keep, because they had been invalidated while they were loaded. */
  readonly refused: number;
  readonly errors: number;
  /** Calls that were kept away from it while it was failing. */
  readonly skipped: number;
  /** Invalidations that it has yet to be told. Until then it is not read in their namespaces. */
  readonly pendingInvalidations: number;
}

/** One namespace since the start, over all tiers. */
export interface NamespaceStatistics {
  /** Nothing of it leaves the process: see `NamespaceOptions.local`. */
  readonly local: boolean;
  /** Values given out of a tier. */
  readonly hits: number;
  readonly misses: number;
  readonly hitRate: number | null;
  readonly staleServed: number;
  readonly stampedesJoined: number;
  readonly loads: number;
  readonly loadErrors: number;
  /** Loads that the source answered with "not modified". */
  readonly notModified: number;
  /** Calls that were refused for a bad key, value or option. */
  readonly badCalls: number;
  readonly invalidations: number;
}

/** What is known of the bus; null where there is none. */
export interface BusStatistics {
  readonly state: 'connected' | 'silent';
  /** The other replicas that were heard of late. */
  readonly others: readonly string[];
  readonly published: number;
  readonly received: number;
  /** Invalidations whose way back to this replica took too long. */
  readonly unconfirmed: number;
  /** Times that messages of another replica were missing, so that what they may have concerned was dropped. */
  readonly gaps: number;
  /** Times that the bus was silent for too long, so that everything that others may have changed was dropped. */
  readonly silences: number;
  readonly errors: number;
}

export interface CacheStatistics {
  /** This process, as other replicas know it. */
  readonly replica: string;
  readonly tiers: readonly TierStatistics[];
  readonly namespaces: Readonly<Record<string, NamespaceStatistics>>;
  readonly loadTimes: DurationStatistics;
  readonly bus: BusStatistics | null;
}

/** What a namespace counts. */
export class NamespaceCounts {
  hits = 0;
  misses = 0;
  staleServed = 0;
  stampedesJoined = 0;
  loads = 0;
  loadErrors = 0;
  notModified = 0;
  badCalls = 0;
  invalidations = 0;

  statistics(local: boolean): NamespaceStatistics {
    const asked = this.hits + this.misses;
    return { ...this, local, hitRate: asked === 0 ? null : this.hits / asked };
  }
}
