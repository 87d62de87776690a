import type { Clock } from '../../core/clock.ts';
import type { Invalidation } from '../../core/invalidation.ts';
import { matcherOf } from '../../core/pattern.ts';
import type { Lookup, Position, Store, StoredEntry, StoreStatistics, Storing } from '../../core/store.ts';

interface Kept {
  readonly entry: StoredEntry;
  readonly freshUntil: number;
  readonly position: Position;
}

/** What a {@link Store} promises, written as plainly as can be: it keeps every invalidation, and goes through all of them. */
export class ReferenceStore implements Store {
  readonly name = 'reference';
  readonly shared = false;
  readonly #clock: Clock;
  readonly #kept = new Map<string, Kept>();
  readonly #invalidations: { namespace: string; concerns(key: string, entry: StoredEntry): boolean }[] = [];
  #expirations = 0;
  #closed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async getMany(namespace: string, keys: readonly string[]): Promise<readonly Lookup[]> {
    this.#refuseClosed();
    return keys.map((key) => {
      const kept = this.#find(namespace, key);
      const entry = kept && { ...kept.entry, freshForMs: kept.freshUntil - this.#clock.now() };
      return { entry, position: this.#invalidations.length };
    });
  }

  async set({ namespace, key, entry, freshForMs, since, ifAbsent = false }: Storing): Promise<boolean> {
    this.#refuseClosed();
    const position = this.#invalidations.length;
    if (this.#isInvalidated(namespace, key, entry, since ?? position)) return false;
    if (ifAbsent && this.#find(namespace, key)) return false;
    const freshUntil = this.#clock.now() + Math.min(freshForMs, entry.ttlMs);
    this.#kept.set(JSON.stringify([namespace, key]), { entry, freshUntil, position });
    return true;
  }

  async invalidate(namespace: string, invalidation: Invalidation): Promise<void> {
    this.#refuseClosed();
    this.#invalidations.push({ namespace, concerns: concernOf(invalidation) });
  }

  async purge(): Promise<void> {
    const size = this.#kept.size;
    for (const [id, { entry, freshUntil }] of this.#kept)
      if (freshUntil + entry.staleForMs <= this.#clock.now()) this.#kept.delete(id);
    this.#expirations += size - this.#kept.size;
  }

  statistics(): StoreStatistics {
    const entries = this.#kept.size;
    return { bytes: null, maxBytes: null, entries, evictions: 0, expirations: this.#expirations };
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #find(namespace: string, key: string): Kept | undefined {
    const kept = this.#kept.get(JSON.stringify([namespace, key]));
    if (!kept || kept.freshUntil + kept.entry.staleForMs <= this.#clock.now()) return undefined;
    return this.#isInvalidated(namespace, key, kept.entry, kept.position) ? undefined : kept;
  }

  #isInvalidated(namespace: string, key: string, entry: StoredEntry, since: Position): boolean {
    const later = this.#invalidations.slice(since);
    return later.some((one) => one.namespace === namespace && one.concerns(key, entry));
  }

  #refuseClosed(): void {
    if (this.#closed) throw new Error('The store is closed.');
  }
}

/** What an invalidation means, in the plainest words. */
export function concernOf(invalidation: Invalidation): (key: string, entry: Pick<StoredEntry, 'tags'>) => boolean {
  switch (invalidation.kind) {
    case 'keys':
      return (key) => invalidation.keys.includes(key);
    case 'tags':
      return (_key, { tags }) => tags.some((tag) => invalidation.tags.includes(tag));
    case 'prefix':
      return (key) => key.startsWith(invalidation.prefix);
    case 'pattern':
      return (key) => matcherOf(invalidation.pattern).matches(key);
    case 'all':
      return () => true;
  }
}
