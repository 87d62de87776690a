import type { Flight } from './flight.ts';
import type { Invalidation } from './invalidation.ts';
import type { MemoryEntry } from './memory-entry.ts';
import type { MemoryTable, MemoryTier } from './memory-tier.ts';
import { matcherOf } from './pattern.ts';
import { NamespaceCounts } from './statistics.ts';
import { TagMarks } from './tag-marks.ts';

/** A value that is being set. */
export interface Write {
  readonly key: string;
  /** When it began, in the order of the namespace's invalidations. */
  readonly position: number;
  diverted: boolean;
}

/** What a process knows of one namespace: the order of its invalidations, and the loads that are under way. */
export class NamespaceState {
  readonly name: string;
  /** Others have no part in it. */
  readonly local: boolean;
  /** Its entries in memory. */
  readonly table: MemoryTable;
  readonly marks = new TagMarks();
  readonly counts = new NamespaceCounts();
  readonly flights = new Map<string, Flight>();
  /** Values that are being set, by key. */
  readonly #writes = new Map<string, Write>();
  /** Counts what was applied. */
  changes = 0;
  readonly #memory: MemoryTier;

  constructor(name: string, local: boolean, memory: MemoryTier) {
    this.name = name;
    this.local = local;
    this.table = memory.table(name);
    this.#memory = memory;
  }

  /** Whether neither one of an entry's tags nor the whole namespace was invalidated since its load began. */
  holds(entry: MemoryEntry): boolean {
    const { position } = this.marks;
    if (entry.checkedAt === position) return true;
    if (!this.marks.holds(entry.tags, entry.position)) return false;
    entry.checkedAt = position;
    return true;
  }

  /**
   * From now on nothing that it concerns is read from memory or kept there, also not what is being loaded or set, and nobody
   * new is given what such a load brings.
   */
  apply(invalidation: Invalidation): void {
    if (this.#writes.size > 0) this.#divertWrites(invalidation);
    this.applyAgain(invalidation);
  }

  /**
   * Once more, when the tiers below know of it: what was read from one of them before goes. A key that was set meanwhile is
   * newer, and stays, unless tags or the whole namespace were invalidated: nothing tells it from what was read then.
   */
  applyAgain(invalidation: Invalidation): void {
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
        this.marks.markAll();
        for (const flight of this.flights.values()) this.#divert(flight);
        return;
    }
  }

  /** Follows a value that is being set: what is invalidated meanwhile must not be kept. */
  beginWrite(key: string): Write {
    const write = { key, position: this.marks.position, diverted: false };
    this.#writes.set(key, write);
    return write;
  }

  /** @returns whether the value may be kept: from now on, what concerns it finds it */
  endWrite(write: Write, tags: readonly string[]): boolean {
    if (this.#writes.get(write.key) === write) this.#writes.delete(write.key);
    return !write.diverted && this.marks.holds(tags, write.position);
  }

  #divertWrites(invalidation: Invalidation): void {
    const concerned = invalidation.kind === 'keys' ? invalidation.keys : this.#writesOf(invalidation);
    for (const key of concerned) {
      const write = this.#writes.get(key);
      if (write === undefined) continue;
      write.diverted = true;
      this.#writes.delete(key);
    }
  }

  #writesOf(invalidation: Exclude<Invalidation, { kind: 'keys' }>): string[] {
    return [...this.#writes.keys()].filter(concernOf(invalidation));
  }

  #removeKeys(keys: readonly string[]): void {
    for (const key of keys) {
      this.#memory.delete(this.table, key);
      this.#divert(this.flights.get(key));
    }
  }

  #removeBelow(prefix: string, matches: (key: string) => boolean): void {
    this.#removeKeys(this.table.index.withPrefix(prefix).filter(matches));
    for (const flight of this.flights.values()) if (matches(flight.key)) this.#divert(flight);
  }

  /** It goes on for those who wait for it, and for nobody else. */
  #divert(flight: Flight | undefined): void {
    if (flight === undefined) return;
    flight.divert();
    this.flights.delete(flight.key);
  }
}

/** Which keys an invalidation concerns by their names. */
function concernOf(invalidation: Exclude<Invalidation, { kind: 'keys' }>): (key: string) => boolean {
  switch (invalidation.kind) {
    case 'tags':
      return () => false;
    case 'prefix':
      return (key) => key.startsWith(invalidation.prefix);
    case 'pattern':
      return matcherOf(invalidation.pattern).matches;
    case 'all':
      return () => true;
  }
}
