/** Makes the value of a key, as a source would. */
export type Make = (key: string) => unknown;

/** Where entries are, and nowhere else. */
export type Place =
  | { readonly kind: 'memory' }
  | { readonly kind: 'disk'; readonly folder: string }
  | { readonly kind: 'redis'; readonly url: string };

export interface CacheOptions {
  readonly place: Place;
  /** How many entries there has to be room for. */
  readonly room: number;
  /** Whether entries will have tags: some have to be told beforehand. */
  readonly tagged?: boolean;
}

/** Longer than any measurement lasts. */
export const TTL_MS = 300_000;

/**
 * A cache that is measured, called as its users would: options and loaders are written where the call is, so that each pays
 * for what its calls look like.
 */
export interface OpenCache {
  /** The value of a key from the cache, or else from `make`. */
  read(key: string, make: Make, tags: readonly string[]): Promise<unknown>;
  /** What the cache has of a key. */
  get(key: string): Promise<unknown>;
  /** Forgets what has a tag; undefined where it knows none. */
  readonly invalidateTag?: (tag: string) => Promise<unknown>;
  /** What it says that its entries take in memory; undefined where it does not count. */
  readonly countedBytes?: () => number;
  close(): Promise<unknown>;
}

/** One way of opening one library. */
export type Contestant = (options: CacheOptions) => Promise<OpenCache>;
