import type { Invalidation } from './invalidation.ts';

/** An entry as tiers below memory keep it. */
export interface StoredEntry {
  /** The value as JSON; undefined where it is known that there is none. */
  readonly json: string | undefined;
  readonly etag?: string;
  readonly tags: readonly string[];
  /** What its owner keeps beside the value: the headers of an HTTP answer. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** How long it is fresh from the moment it was loaded. */
  readonly ttlMs: number;
  /** How long it may be served as stale after that. */
  readonly staleForMs: number;
}

/** An entry with what is left of its life, by the store's own clock; no clock of another machine has a part in it. */
export interface FoundEntry extends StoredEntry {
  /** Until it is no longer fresh: at most `ttlMs`; zero or less once it is stale. */
  readonly freshForMs: number;
  /**
   * It must not be served before its source has said that it still holds: invalidations may have been missed since it was
   * stored. Good for a conditional refresh.
   */
  readonly unverified?: boolean;
}

/**
 * A moment in a store's order of invalidations, of the store's own making. An entry that was loaded from this moment on must
 * not be stored once something that concerns it was invalidated after the moment.
 */
export type Position = number;

/** What a store knows of a key. */
export interface Lookup {
  readonly entry: FoundEntry | undefined;
  /** When this was so. A load that follows hands it to {@link Store.set}. */
  readonly position: Position;
}

/** An entry to be stored. */
export interface Storing {
  readonly namespace: string;
  readonly key: string;
  readonly entry: StoredEntry;
  /** What is left of `entry.ttlMs`, where it comes from another tier. */
  readonly freshForMs: number;
  /** The position that the load began at; undefined for a value that is new now. */
  readonly since: Position | undefined;
  /** Keeps what is there already: an entry that another tier gives up must not replace a newer one. */
  readonly ifAbsent?: boolean;
}

/** The right to load a key; it ends by itself. */
export interface LoadLock {
  /** Has it end `lifeMs` from now. @returns false where it has ended already. */
  extend(lifeMs: number): Promise<boolean>;
  /** Gives it back; nothing happens where it has ended. Never rejects. */
  release(): Promise<void>;
}

/** What a store holds, in bytes and entries, as far as it knows; `null` where finding out would be dear. */
export interface StoreSize {
  readonly bytes: number | null;
  readonly maxBytes: number | null;
  readonly entries: number | null;
}

/** What a store did since it was opened. */
export interface StoreStatistics extends StoreSize {
  /** Entries given up for room. */
  readonly evictions: number;
  /** Entries removed because their life was over. */
  readonly expirations: number;
  /** Entries that were there but could not be read, and were taken for none. Undefined where that can't be. */
  readonly unreadable?: number;
  /** Entries that could not be written, for want of room for example; where that is no failure of the whole tier. */
  readonly writeFailures?: number;
}

/**
 * A tier below memory. Namespaces are apart: the same key in two of them is two entries, and an invalidation concerns one.
 *
 * Whatever it throws is a failure of the tier, which is counted, and the time of each call is bounded by its caller: a store
 * needs no deadlines of its own. `describeStore` of `@purser/caching/testing` is what each has to pass.
 */
export interface Store {
  /** As statistics name it: `disk`, `redis`. */
  readonly name: string;
  /** Whether other replicas read and write the same entries. */
  readonly shared: boolean;

  /**
   * Looks keys up, in the order asked for; one that can't be read is none, and keeps nothing from the others. What is asked
   * for in one turn of the event loop comes in one call, up to 500 keys (or what one `mget` asked for), the same one twice where two ask. An
   * entry whose life and stale time are over, or that was invalidated, is none.
   */
  getMany(namespace: string, keys: readonly string[]): Promise<readonly Lookup[]>;

  /**
   * Keeps an entry until its life and stale time are over, in the place of any older one.
   *
   * @returns whether it was kept: not where it was invalidated after `since` (its key, one of its tags, a prefix or pattern
   * that it matches, or its namespace), not where `ifAbsent` found another, not where it is larger than the store
   */
  set(storing: Storing): Promise<boolean>;

  /**
   * From when this resolves on, nothing that it concerns is found, and nothing that it concerns is stored with an earlier
   * `since`.
   */
  invalidate(namespace: string, invalidation: Invalidation): Promise<void>;

  /** Removes what has expired, where that does not happen by itself. Bounded work. */
  purge?(): Promise<void>;

  /**
   * The right to load a key, for at most `lifeMs`, for one caller over all replicas; undefined while another has it.
   * Only of shared stores.
   */
  lock?(namespace: string, key: string, lifeMs: number): Promise<LoadLock | undefined>;

  statistics(): StoreStatistics;

  /** Ends the store; writes that were taken are done first. Resolves once nothing of it is open. */
  close(): Promise<void>;
}
