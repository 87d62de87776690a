/** What was known of a value before it is loaded again. */
export interface Previous<T> {
  readonly value: T;
  readonly etag: string | undefined;
  /** Since it was loaded, or last said to be unchanged. */
  readonly ageMs: number;
}

/** What a loader answers where the source says that nothing has changed: see {@link Load.notModified}. */
export const NOT_MODIFIED: unique symbol = Symbol('not modified');
export type NotModified = typeof NOT_MODIFIED;

/** What a loader gets. */
export interface Load<T = unknown> {
  /** What the cache still has, where it has expired; for a conditional request. Never what was invalidated. */
  readonly previous: Previous<T> | undefined;
  /** Aborted when the loader has taken `hardTimeoutMs`, or the cache closes: what it gives after that is dropped. */
  readonly signal: AbortSignal;
  /** Says that the previous value still holds: `return load.notModified()`. It gets a new life. */
  notModified(): NotModified;
  /** Adds what the value is made from, where it is known only now. */
  tag(...tags: readonly string[]): void;
  /** What the source calls this version of the value. Kept with it, and given to the next loader. */
  etag(etag: string): void;
  /** Shortens or lengthens the value's life, within the namespace's `maxTtl`. Milliseconds. */
  ttl(ttl: number): void;
  /** What to keep beside the value. */
  attributes(attributes: Readonly<Record<string, string>>): void;
}

/**
 * Gets a value from its source. `undefined`, where `T` has it: there is none; with `negativeTtl` that is remembered.
 * What it throws goes to those who wait for this load, unless there is a stale value for them; nothing is kept of it.
 */
export type Loader<T> = (load: Load<T>) => Promise<T | NotModified> | T | NotModified;
