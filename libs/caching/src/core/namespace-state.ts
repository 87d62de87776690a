import type { Flight } from './flight.ts';
import type { Invalidation } from './invalidation.ts';
import type { MemoryEntry } from './memory-entry.ts';
import { fullKeyPrefix, type MemoryTier } from './memory-tier.ts';
import { matcherOf } from './pattern.ts';
import { NamespaceCounts } from './statistics.ts';
import { TagMarks } from './tag-marks.ts';

/** What a process knows of one namespace: the order of its invalidations, and the loads that are under way. */
export class NamespaceState {
  readonly name: string;
  /** Others have no part in it. */
  readonly local: boolean;
  readonly prefix: string;
  readonly marks = new TagMarks();
  readonly counts = new NamespaceCounts();
  readonly flights = new Map<string, Flight>();
  /** Counts what was applied. */
  changes = 0;
  readonly #memory: MemoryTier;

  constructor(name: string, local: boolean, memory: MemoryTier) {
    this.name = name;
    this.local = local;
    this.prefix = fullKeyPrefix(name);
    this.#memory = memory;
  }

  /** Whether none of an entry's tags was invalidated since its load began. */
  holds(entry: MemoryEntry): boolean {
    const { position } = this.marks;
    if (entry.checkedAt === position) return true;
    if (!this.marks.holds(entry.tags, entry.position)) return false;
    entry.checkedAt = position;
    return true;
  }

  /**
   * From now on nothing that it concerns is read from memory or kept there, also not what is being loaded, and nobody new is
   * given what such a load brings.
   */
  apply(invalidation: Invalidation): void {
    this.changes += 1;
    switch (invalidation.kind) {
      // Which flights have them is known when they have landed, by the marks.
      case 'tags':
        return this.marks.mark(invalidation.tags);
      case 'keys':
        return this.#removeKeys(invalidation.keys);
      case 'prefix':
        return this.#removeBelow(invalidation.prefix, (key) => key.startsWith(invalidation.prefix));
      case 'pattern': {
        const { prefix, matches } = matcherOf(invalidation.pattern);
        return this.#removeBelow(prefix, matches);
      }
      case 'all':
        return this.#removeBelow('', () => true);
    }
  }

  #removeKeys(keys: readonly string[]): void {
    this.#memory.deleteKeys(this.name, keys);
    for (const key of keys) this.#divert(this.flights.get(key));
  }

  #removeBelow(prefix: string, matches: (key: string) => boolean): void {
    this.#removeKeys(this.#memory.keysWithPrefix(this.name, prefix).filter(matches));
    for (const flight of this.flights.values()) if (matches(flight.key)) this.#divert(flight);
  }

  /** It goes on for those who wait for it, and for nobody else. */
  #divert(flight: Flight | undefined): void {
    if (flight === undefined) return;
    flight.divert();
    this.flights.delete(flight.key);
  }
}
