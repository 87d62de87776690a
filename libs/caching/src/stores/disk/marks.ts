import type { Invalidation } from '../../core/invalidation.ts';
import { matcherOf } from '../../core/pattern.ts';
import type { Position } from '../../core/store.ts';

/** Tags whose last invalidation is known one by one. */
export const MAX_TAGS = 100_000;
/** Invalidations whose entries are not all removed yet. */
export const MAX_SWEEPS = 100;
/** Keys of late invalidations that are known one by one, to refuse what was loaded before them. */
const MAX_RECENT_KEYS = 20_000;

/** An invalidation of keys, a prefix, a pattern or all, as what it means. */
export interface Concern {
  readonly namespace: string;
  readonly position: Position;
  readonly invalidation: Exclude<Invalidation, { kind: 'tags' }>;
  /** What all that it concerns begins with. */
  readonly prefix: string;
  concerns(key: string): boolean;
}

/** Whose entries are still to be removed, from this key on. */
export interface Sweep extends Concern {
  after: string;
}

/** What changed of the marks. */
export interface MarkChanges {
  /** Of a tag, by {@link Marks}' own name for it; undefined where it is forgotten. */
  readonly tags: Map<string, Position | undefined>;
  readonly sweeps: Map<Sweep, 'new' | 'done'>;
}

/**
 * What was invalidated when, in this store's own order. A tag has a mark, whatever the number of entries that have it: an entry
 * is found only where it is younger than the marks of all its tags. Prefixes, patterns and whole namespaces are marks too,
 * until all that they concern has been removed. What concerns late loads is known beside, for some time.
 *
 * Everything is bounded. What is forgotten raises a floor, and what is older than a floor is not trusted.
 */
export class Marks {
  /** The last position given out. */
  sequence: Position;
  /** Entries that are older are taken for invalidated; those with tags, older than the other one. */
  floor: Position;
  tagFloor: Position;
  readonly #tags = new Map<string, Position>();
  readonly #sweeps: Sweep[] = [];
  readonly #recent: { concern: Concern; weight: number }[] = [];
  #recentWeight = 0;
  /** Of loads that began earlier it is not known what was invalidated since. */
  #recentFloor: Position;
  /** What is not written down yet. */
  readonly changes: MarkChanges = { tags: new Map(), sweeps: new Map() };

  constructor(sequence: Position, floors: { readonly floor: Position; readonly tagFloor: Position }) {
    this.sequence = sequence;
    this.floor = floors.floor;
    this.tagFloor = floors.tagFloor;
    this.#recentFloor = sequence;
  }

  get sweeps(): readonly Sweep[] {
    return this.#sweeps;
  }

  /** Of tags. */
  markTags(namespace: string, tags: readonly string[]): void {
    this.sequence += 1;
    for (const tag of tags) this.#setTag(nameOf(namespace, tag), this.sequence);
  }

  /** Of anything else; its entries are removed by whoever asked. */
  note(namespace: string, invalidation: Concern['invalidation']): Concern {
    this.sequence += 1;
    const concern = concernOf(namespace, this.sequence, invalidation);
    this.#remember(concern);
    return concern;
  }

  /** Takes what a concern means for true until {@link swept}, so that its entries can be removed bit by bit. */
  sweep(concern: Concern): void {
    const sweep = { ...concern, after: concern.prefix };
    this.#sweeps.push(sweep);
    this.changes.sweeps.set(sweep, 'new');
    if (this.#sweeps.length > MAX_SWEEPS) this.#joinSweeps();
  }

  swept(sweep: Sweep): void {
    this.#sweeps.splice(this.#sweeps.indexOf(sweep), 1);
    this.changes.sweeps.set(sweep, 'done');
  }

  /** Whether an entry that was stored at `position` was invalidated since. */
  isInvalidated(namespace: string, key: string, tags: readonly string[], position: Position): boolean {
    if (position < this.floor || this.#isTagMarked(namespace, tags, position)) return true;
    return this.#sweeps.some((sweep) => isOf(sweep, namespace, key, position));
  }

  /** Whether what was loaded from `since` on was invalidated, or may have been. */
  isOvertaken(namespace: string, key: string, tags: readonly string[], since: Position): boolean {
    if (since >= this.sequence) return false;
    if (since < this.#recentFloor || this.#isTagMarked(namespace, tags, since)) return true;
    for (let at = this.#recent.length - 1; at >= 0; at -= 1) {
      const { concern } = this.#recent[at]!;
      if (concern.position <= since) return false;
      if (isOf(concern, namespace, key, since)) return true;
    }
    return false;
  }

  /** Takes up what an earlier run wrote down. */
  restore(tags: Iterable<readonly [name: string, position: Position]>, sweeps: Iterable<Sweep>): void {
    for (const [name, position] of tags) this.#tags.set(name, position);
    this.#sweeps.push(...sweeps);
  }

  #isTagMarked(namespace: string, tags: readonly string[], position: Position): boolean {
    if (tags.length === 0) return false;
    if (position < this.tagFloor) return true;
    return tags.some((tag) => (this.#tags.get(nameOf(namespace, tag)) ?? 0) > position);
  }

  #setTag(name: string, position: Position): void {
    // Deleted first, so that the map's order is that of the positions.
    this.#tags.delete(name);
    this.#tags.set(name, position);
    this.changes.tags.set(name, position);
    if (this.#tags.size <= MAX_TAGS) return;
    const [oldest, forgotten] = this.#tags.entries().next().value!;
    this.#tags.delete(oldest);
    this.changes.tags.set(oldest, undefined);
    this.tagFloor = Math.max(this.tagFloor, forgotten);
  }

  #remember(concern: Concern): void {
    const weight = concern.invalidation.kind === 'keys' ? concern.invalidation.keys.length + 1 : 1;
    this.#recent.push({ concern, weight });
    this.#recentWeight += weight;
    let forgotten = 0;
    for (const { concern: old, weight: oldWeight } of this.#recent) {
      if (this.#recentWeight <= MAX_RECENT_KEYS) break;
      this.#recentFloor = old.position;
      this.#recentWeight -= oldWeight;
      forgotten += 1;
    }
    if (forgotten > 0) this.#recent.splice(0, forgotten);
  }

  /** In the place of all sweeps of the namespace that has most of them one that means at least the same; or of all, a floor. */
  #joinSweeps(): void {
    const byNamespace = Map.groupBy(this.#sweeps, ({ namespace }) => namespace);
    const [namespace, most] = [...byNamespace].toSorted(([, a], [, b]) => b.length - a.length)[0]!;
    const position = Math.max(...most.map((sweep) => sweep.position));
    if (most.length === 1) this.floor = Math.max(...this.#sweeps.map((sweep) => sweep.position));
    for (const sweep of most.length === 1 ? [...this.#sweeps] : most) this.swept(sweep);
    if (most.length === 1) return;
    this.sweep(concernOf(namespace, position, joined(most)));
  }
}

/** The keys of all, where they are all of keys and not too many; otherwise the whole namespace. */
function joined(sweeps: readonly Sweep[]): Concern['invalidation'] {
  const keys = new Set<string>();
  for (const { invalidation } of sweeps) {
    if (invalidation.kind !== 'keys' || keys.size > MAX_RECENT_KEYS) return { kind: 'all' };
    for (const key of invalidation.keys) keys.add(key);
  }
  return { kind: 'keys', keys: [...keys] };
}

/** Names have no U+0000. */
function nameOf(namespace: string, tag: string): string {
  return `${namespace}\0${tag}`;
}

function isOf(concern: Concern, namespace: string, key: string, position: Position): boolean {
  return concern.position > position && concern.namespace === namespace && concern.concerns(key);
}

export function concernOf(namespace: string, position: Position, invalidation: Concern['invalidation']): Concern {
  return { namespace, position, invalidation, ...meaningOf(invalidation) };
}

function meaningOf(invalidation: Concern['invalidation']): Pick<Concern, 'prefix' | 'concerns'> {
  switch (invalidation.kind) {
    case 'keys': {
      const keys = new Set(invalidation.keys);
      return { prefix: '', concerns: (key) => keys.has(key) };
    }
    case 'prefix':
      return { prefix: invalidation.prefix, concerns: (key) => key.startsWith(invalidation.prefix) };
    case 'pattern': {
      const { prefix, matches } = matcherOf(invalidation.pattern);
      return { prefix, concerns: matches };
    }
    case 'all':
      return { prefix: '', concerns: () => true };
  }
}
