import type { MemoryEntry } from './memory-entry.ts';

/** `HIT`: a tier had it; `MISS`: it was loaded; `STALE`: a tier had it, its life is over, and no newer one was to be had. */
export type CacheStatus = 'HIT' | 'MISS' | 'STALE';

/** What is known of an entry beside its value. */
export interface EntryDescription {
  /** Since it was loaded, or last said to be unchanged, over all tiers. */
  readonly ageMs: number;
  /** What is left of its life; zero or less where it is stale. */
  readonly freshForMs: number;
  /** How often it was read from memory. */
  readonly hits: number;
  /** About what it takes in memory. */
  readonly bytes: number;
  readonly etag: string | undefined;
  readonly tags: readonly string[];
}

/** A value, where it came from, and what is known of it. */
export class CacheResult<T> implements EntryDescription {
  readonly status: CacheStatus;
  readonly #entry: MemoryEntry;
  readonly #now: number;
  /** Of a stale value whose refresh this call has begun: resolves when that is over, however it ended. */
  refreshing: Promise<void> | undefined;

  constructor(entry: MemoryEntry, status: CacheStatus, now: number) {
    this.#entry = entry;
    this.status = status;
    this.#now = now;
  }

  get value(): T {
    return this.#entry.value as T;
  }

  /** A value that is a string in UTF-8, made once for all who read the entry from memory; any other as JSON. */
  get text(): Buffer {
    return this.#entry.text;
  }

  get ageMs(): number {
    return Math.max(0, this.#now - this.#entry.loadedAt);
  }

  get freshForMs(): number {
    return this.#entry.freshForMs(this.#now);
  }

  get hits(): number {
    return this.#entry.hits;
  }

  get bytes(): number {
    return this.#entry.bytes;
  }

  get etag(): string | undefined {
    return this.#entry.etag;
  }

  get tags(): readonly string[] {
    return this.#entry.tags;
  }

  /** What its owner keeps beside the value. */
  get attributes(): Readonly<Record<string, string>> {
    return this.#entry.attributes ?? {};
  }
}

export function describeEntry(entry: MemoryEntry, now: number): EntryDescription {
  const { ageMs, freshForMs, hits, bytes, etag, tags } = new CacheResult(entry, 'HIT', now);
  return { ageMs, freshForMs, hits, bytes, etag, tags };
}
