import { KeyIndex } from './key-index.ts';
import type { MemoryEntry } from './memory-entry.ts';
import type { MemoryCounts } from './stack.ts';
import type { TierStatistics } from './statistics.ts';

export interface MemoryTierOptions {
  readonly maxBytes: number;
  /** An entry goes for want of room. */
  readonly onEvicted: (namespace: string, key: string, entry: MemoryEntry) => void;
}

/** The entries of one namespace, by key. */
export class MemoryTable {
  readonly namespace: string;
  readonly entries = new Map<string, MemoryEntry>();
  index = new KeyIndex();

  constructor(namespace: string) {
    this.namespace = namespace;
  }

  clear(): void {
    this.entries.clear();
    this.index = new KeyIndex();
  }
}

/** Where an entry is kept. */
export interface Place {
  readonly table: MemoryTable;
  readonly key: string;
  readonly entry: MemoryEntry;
  readonly bytes: number;
  newer: Place | undefined;
  older: Place | undefined;
}

/**
 * The entries of a process, of all namespaces, within a number of bytes. Knows no time.
 *
 * What goes for want of room is chosen by SIEVE (Zhang and others, "SIEVE is Simpler than LRU", NSDI 2024): entries stay in
 * the order in which they came, a hit only leaves a mark, and a hand that moves from the oldest to the newest takes away the
 * mark of what has one, and what has none. So a hit writes one field, and a scan pushes out nothing that is in use.
 */
export class MemoryTier {
  readonly maxBytes: number;
  evictions = 0;
  sets = 0;
  readonly #tables = new Map<string, MemoryTable>();
  readonly #onEvicted: MemoryTierOptions['onEvicted'];
  #newest: Place | undefined;
  #oldest: Place | undefined;
  /** What is looked at next; undefined: the oldest. */
  #hand: Place | undefined;
  #bytes = 0;
  #entries = 0;

  constructor({ maxBytes, onEvicted }: MemoryTierOptions) {
    this.maxBytes = maxBytes;
    this.#onEvicted = onEvicted;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get entries(): number {
    return this.#entries;
  }

  /** Every namespace that ever had an entry, or was asked for. */
  get tables(): Iterable<MemoryTable> {
    return this.#tables.values();
  }

  /** The entries of a namespace; whoever reads one as its user sets its `visited`. */
  table(namespace: string): MemoryTable {
    let table = this.#tables.get(namespace);
    if (table === undefined) this.#tables.set(namespace, (table = new MemoryTable(namespace)));
    return table;
  }

  /** @returns whether there is room for it at all; where there is not, what it should have replaced is gone too */
  set(table: MemoryTable, key: string, entry: MemoryEntry): boolean {
    const known = table.entries.get(key);
    if (known === entry) return true;
    if (known !== undefined) this.#remove(known);
    const bytes = entry.bytes + 2 * key.length;
    if (bytes > this.maxBytes) return false;
    if (entry.place !== undefined) this.#remove(entry);
    while (this.#bytes + bytes > this.maxBytes) this.#evict();
    this.#add({ table, key, entry, bytes, newer: undefined, older: this.#newest });
    this.sets += 1;
    return true;
  }

  delete(table: MemoryTable, key: string): void {
    const entry = table.entries.get(key);
    if (entry !== undefined) this.#remove(entry);
  }

  clear(): void {
    // Namespaces hold their tables for good.
    for (const table of this.#tables.values()) table.clear();
    this.#newest = this.#oldest = this.#hand = undefined;
    this.#bytes = this.#entries = 0;
  }

  statistics({ hits, misses }: MemoryCounts, expirations: number): TierStatistics {
    return {
      name: 'memory',
      state: 'available',
      hits,
      misses,
      hitRate: hits + misses === 0 ? null : hits / (hits + misses),
      sets: this.sets,
      refused: 0,
      errors: 0,
      skipped: 0,
      pendingInvalidations: 0,
      bytes: this.bytes,
      maxBytes: this.maxBytes,
      entries: this.entries,
      evictions: this.evictions,
      expirations,
    };
  }

  #add(place: Place): void {
    const { table, key, entry } = place;
    if (this.#newest) this.#newest.newer = place;
    this.#newest = place;
    this.#oldest ??= place;
    this.#bytes += place.bytes;
    this.#entries += 1;
    entry.place = place;
    table.entries.set(key, entry);
    table.index.add(key);
  }

  #remove(entry: MemoryEntry): void {
    const place = entry.place!;
    const { table, key, newer, older } = place;
    if (this.#hand === place) this.#hand = newer;
    if (newer) newer.older = older;
    else this.#newest = older;
    if (older) older.newer = newer;
    else this.#oldest = newer;
    this.#bytes -= place.bytes;
    this.#entries -= 1;
    entry.place = undefined;
    table.entries.delete(key);
    table.index.remove(key);
  }

  /** Ends, as each step takes away a mark or an entry. There is one. */
  #evict(): void {
    let place = (this.#hand ?? this.#oldest)!;
    while (place.entry.visited) {
      place.entry.visited = false;
      place = (place.newer ?? this.#oldest)!;
    }
    this.#hand = place;
    const { table, key, entry } = place;
    this.#remove(entry);
    this.evictions += 1;
    this.#onEvicted(table.namespace, key, entry);
  }
}
