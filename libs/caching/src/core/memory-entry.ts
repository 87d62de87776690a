import type { Place } from './memory-tier.ts';
import type { Position, StoredEntry } from './store.ts';
import { keptValue, parsedValue, type KeptValue } from './values.ts';

/** What an entry takes beside its key and value. */
const OVERHEAD_BYTES = 430;

/** What is known of an entry when it is made. Times are the clock's. */
export interface EntryFacts {
  readonly kept: KeptValue | undefined;
  readonly etag: string | undefined;
  readonly tags: readonly string[];
  readonly attributes: Readonly<Record<string, string>> | undefined;
  readonly ttlMs: number;
  readonly staleForMs: number;
  /** The moment that its life is counted from. */
  readonly loadedAt: number;
  /** The namespace's position when its load began. */
  readonly position: number;
  /** Until when memory keeps it at most, whatever its life. Default: for its life. */
  readonly memoryUntil?: number;
}

/** An entry in memory. */
export class MemoryEntry {
  /** Undefined where it is known that there is none. */
  readonly value: unknown;
  readonly absent: boolean;
  readonly bytes: number;
  readonly valueBytes: number;
  readonly etag: string | undefined;
  readonly tags: readonly string[];
  readonly attributes: Readonly<Record<string, string>> | undefined;
  readonly ttlMs: number;
  readonly staleForMs: number;
  readonly loadedAt: number;
  /** Until when it is fresh, and until when it may be used at all, here in memory. */
  readonly freshUntil: number;
  readonly keepUntil: number;
  readonly position: number;
  /** The position that its tags were last compared at. */
  checkedAt: number;
  /** Until then a refresh that failed is not tried again. */
  retryAt = 0;
  hits = 0;
  /** Where memory keeps it, while it does. */
  place: Place | undefined;
  /** Used since memory last looked for what it can do without. */
  visited = false;
  /** Whether a tier below has it. */
  isBelow = false;
  /** The position in the nearest tier below that its load began at, where that is known. */
  since: Position | undefined;
  #text: Buffer | undefined;

  constructor(facts: EntryFacts) {
    this.value = facts.kept?.value;
    this.absent = facts.kept === undefined;
    this.valueBytes = facts.kept?.bytes ?? 0;
    this.bytes = OVERHEAD_BYTES + this.valueBytes + textBytes(this.value) + besideBytes(facts);
    this.etag = facts.etag;
    this.tags = facts.tags;
    this.attributes = facts.attributes;
    this.ttlMs = facts.ttlMs;
    this.staleForMs = facts.staleForMs;
    this.loadedAt = facts.loadedAt;
    const freshUntil = facts.loadedAt + facts.ttlMs;
    this.keepUntil = Math.min(freshUntil + facts.staleForMs, facts.memoryUntil ?? Infinity);
    this.freshUntil = Math.min(freshUntil, this.keepUntil);
    this.position = facts.position;
    this.checkedAt = facts.position;
  }

  /** The same value with a new life. */
  renewed(facts: Omit<EntryFacts, 'kept'>): MemoryEntry {
    return new MemoryEntry({ ...facts, kept: { value: this.value, bytes: this.valueBytes } });
  }

  /** A value that is a string, in UTF-8, made once; any other as JSON, made anew; empty where there is none. */
  get text(): Buffer {
    if (this.absent) return Buffer.alloc(0);
    if (typeof this.value !== 'string') return Buffer.from(JSON.stringify(this.value));
    return (this.#text ??= Buffer.from(this.value));
  }

  /** Whether it may be given out at all: its life and its stale time are not both over. */
  isUsable(now: number): boolean {
    return now < this.loadedAt + this.ttlMs + this.staleForMs;
  }

  /** What is left of its whole life; less than nothing once it is stale. */
  freshForMs(now: number): number {
    return this.loadedAt + this.ttlMs - now;
  }

  /** As tiers below take it. */
  stored(): StoredEntry {
    return {
      json: this.absent ? undefined : JSON.stringify(this.value),
      tags: this.tags,
      ttlMs: this.ttlMs,
      staleForMs: this.staleForMs,
      ...(this.etag === undefined ? {} : { etag: this.etag }),
      ...(this.attributes === undefined ? {} : { attributes: this.attributes }),
    };
  }
}

/** A string is held in UTF-8 too once it was read so. */
function textBytes(value: unknown): number {
  return typeof value === 'string' ? Buffer.byteLength(value) : 0;
}

/** About what is kept beside a value. */
function besideBytes({ etag, tags, attributes = {} }: EntryFacts): number {
  let bytes = etag?.length ?? 0;
  for (const tag of tags) bytes += tag.length + 16;
  for (const name of Object.keys(attributes)) bytes += name.length + attributes[name]!.length + 32;
  return bytes;
}

/** An entry of a value that is new; undefined where there is none. @throws CacheError `invalid_value` */
export function newEntry(value: unknown, facts: Omit<EntryFacts, 'kept'>): MemoryEntry {
  return new MemoryEntry({ ...facts, kept: value === undefined ? undefined : keptValue(value) });
}

/** An entry that a tier below keeps. */
export function entryOf(
  stored: StoredEntry,
  facts: Pick<EntryFacts, 'loadedAt' | 'position' | 'memoryUntil'>,
): MemoryEntry {
  const { json, etag, tags, attributes, ttlMs, staleForMs } = stored;
  const kept = json === undefined ? undefined : parsedValue(json);
  return new MemoryEntry({ ...facts, kept, etag, tags, attributes, ttlMs, staleForMs });
}
