import { LRUCache } from 'lru-cache';
import type { MemoryEntry } from './memory-entry.ts';
import { KeyIndex } from './key-index.ts';

/** Between a namespace and a key; in neither. */
const SEPARATOR = '\0';

export interface MemoryTierOptions {
  readonly maxBytes: number;
  /** An entry goes for want of room. */
  readonly onEvicted: (namespace: string, key: string, entry: MemoryEntry) => void;
}

/** How an entry is named over all namespaces. */
export function fullKeyPrefix(namespace: string): string {
  return namespace + SEPARATOR;
}

/** The entries of a process, of all namespaces, the least recently used going first. Knows no time. */
export class MemoryTier {
  readonly #entries: LRUCache<string, MemoryEntry>;
  readonly #indexes = new Map<string, KeyIndex>();
  readonly maxBytes: number;
  evictions = 0;
  sets = 0;

  constructor({ maxBytes, onEvicted }: MemoryTierOptions) {
    this.maxBytes = maxBytes;
    this.#entries = new LRUCache({
      maxSize: Math.ceil(maxBytes),
      sizeCalculation: (entry, fullKey) => entry.bytes + 2 * fullKey.length,
      dispose: (entry, fullKey, reason) => {
        if (reason === 'set') return;
        const [namespace, key] = partsOf(fullKey);
        this.#indexes.get(namespace)?.remove(key);
        if (reason !== 'evict') return;
        this.evictions += 1;
        onEvicted(namespace, key, entry);
      },
    });
  }

  get bytes(): number {
    return this.#entries.calculatedSize;
  }

  get entries(): number {
    return this.#entries.size;
  }

  get(fullKey: string): MemoryEntry | undefined {
    return this.#entries.get(fullKey);
  }

  /** Looks without counting it as a use. */
  peek(fullKey: string): MemoryEntry | undefined {
    return this.#entries.peek(fullKey);
  }

  /** @returns whether there was room for it at all */
  set(namespace: string, key: string, entry: MemoryEntry): boolean {
    const fullKey = fullKeyPrefix(namespace) + key;
    const isNew = !this.#entries.has(fullKey);
    this.#entries.set(fullKey, entry);
    const kept = this.#entries.peek(fullKey) === entry;
    if (kept) this.sets += 1;
    if (kept && isNew) this.#indexOf(namespace).add(key);
    // Too large: what it should have replaced is gone.
    if (!kept && !isNew) this.#indexOf(namespace).remove(key);
    return kept;
  }

  delete(fullKey: string): boolean {
    return this.#entries.delete(fullKey);
  }

  deleteKeys(namespace: string, keys: Iterable<string>): void {
    const prefix = fullKeyPrefix(namespace);
    for (const key of keys) this.#entries.delete(prefix + key);
  }

  /** The keys of a namespace that begin so. */
  keysWithPrefix(namespace: string, prefix: string): string[] {
    return this.#indexes.get(namespace)?.withPrefix(prefix) ?? [];
  }

  /** Every entry, the most recently used first; bears changes meanwhile. */
  *all(): Generator<readonly [namespace: string, fullKey: string, entry: MemoryEntry]> {
    for (const [fullKey, entry] of this.#entries.entries()) yield [partsOf(fullKey)[0], fullKey, entry];
  }

  clear(): void {
    this.#indexes.clear();
    this.#entries.clear();
  }

  #indexOf(namespace: string): KeyIndex {
    let index = this.#indexes.get(namespace);
    if (index === undefined) this.#indexes.set(namespace, (index = new KeyIndex()));
    return index;
  }
}

function partsOf(fullKey: string): [namespace: string, key: string] {
  const at = fullKey.indexOf(SEPARATOR);
  return [fullKey.slice(0, at), fullKey.slice(at + 1)];
}
