import { checkInvalidation, isNothing } from './check-invalidation.ts';
import { CacheError, closed, isLoadTimeout, loadTimeout } from './errors.ts';
import { Flight, type Landed } from './flight.ts';
import type { Invalidation } from './invalidation.ts';
import { Invalidator } from './invalidator.ts';
import { checkedKey } from './key.ts';
import { KeyLoad, type KeyLoadPlan } from './key-load.ts';
import type { Loader } from './loader.ts';
import { newEntry, type MemoryEntry } from './memory-entry.ts';
import type { NamespaceState } from './namespace-state.ts';
import {
  checkedAttributes,
  checkedEtag,
  checkedTags,
  lifeOf,
  loadingOf,
  type ComputeOptions,
  type Loading,
  type NamespaceDefaults,
  type SetOptions,
} from './options.ts';
import { CacheResult, describeEntry, type CacheStatus, type EntryDescription } from './result.ts';
import { entryBelow, trustsOwn, trustsTier, type Stack } from './stack.ts';
import type { FoundEntry, Position } from './store.ts';
import type { Tier } from './tier.ts';
import { waitFor, WaitedTooLong } from './wait-for.ts';

const NONE: readonly string[] = Object.freeze([]);

/**
 * A namespace of the cache. Values are JSON: `null`, `0`, `""` and `false` are values, `undefined` is none. What is read is a
 * deeply frozen copy, the same for all readers and from every tier.
 *
 * A failing tier or bus is never seen here, only in the statistics; what a call rejects with is the caller's own mistake
 * (`CacheError`), or what its loader threw.
 */
export class Cache {
  readonly #stack: Stack;
  readonly #state: NamespaceState;
  readonly #defaults: NamespaceDefaults;
  readonly #entries: ReadonlyMap<string, MemoryEntry>;
  readonly #invalidator: Invalidator;

  /** Made by `Caches.namespace`. */
  constructor(stack: Stack, state: NamespaceState, defaults: NamespaceDefaults) {
    this.#stack = stack;
    this.#state = state;
    this.#defaults = defaults;
    this.#entries = state.table.entries;
    this.#invalidator = new Invalidator(stack, state);
  }

  get name(): string {
    return this.#state.name;
  }

  /**
   * The value of a key: from the nearest tier that has it, else from `load`. However many ask at once, one load runs in this
   * process, and, with a shared tier, one over all replicas; the others get what it brings, or what it throws.
   *
   * After an invalidation that concerns the key was acknowledged here, no call that begins gets an older value.
   *
   * @throws CacheError (as a rejection) `invalid_key`, `invalid_option`, `invalid_value` (what the loader gave),
   * `load_timeout`, `closed`; else what the loader threw, where there is no stale value; `signal`'s reason
   */
  getOrCompute<T>(key: string, load: Loader<T>, options?: ComputeOptions): Promise<T> {
    const entry = this.#fresh(key);
    if (entry !== undefined) return Promise.resolve(entry.value as T);
    return this.#compute(key, load as Loader<unknown>, options).then((result) => result.value as T);
  }

  /** As {@link getOrCompute}, with where the value came from and what is known of it. */
  getOrComputeEntry<T>(key: string, load: Loader<T>, options?: ComputeOptions): Promise<CacheResult<T>> {
    const entry = this.#fresh(key);
    if (entry !== undefined) return Promise.resolve(this.#result<T>(entry, 'HIT'));
    return this.#compute(key, load as Loader<unknown>, options) as Promise<CacheResult<T>>;
  }

  /** The value of a key, if a tier has it and it is fresh. */
  async get<T = unknown>(key: string): Promise<T | undefined> {
    return (await this.getEntry<T>(key))?.value;
  }

  /** As {@link get}, with what is known of it. Undefined also where it is known that there is none. */
  async getEntry<T = unknown>(key: string): Promise<CacheResult<T> | undefined> {
    const entry = this.#fresh(key) ?? (await this.#readBelow([key]))[0];
    return entry === undefined || entry.absent ? undefined : this.#result<T>(entry, 'HIT');
  }

  /** What memory has of a key, if it is fresh, without waiting; what the tiers below have is not seen, nor is a miss counted. */
  getFromMemory<T = unknown>(key: string): CacheResult<T> | undefined {
    const entry = this.#fresh(key);
    return entry === undefined || entry.absent ? undefined : this.#result<T>(entry, 'HIT');
  }

  /** Whether {@link get} would give something. */
  async has(key: string): Promise<boolean> {
    return (await this.getEntry(key)) !== undefined;
  }

  /** The values of keys, in their order; each as {@link get} gives it. At most 10 000. */
  async mget<T = unknown>(keys: readonly string[]): Promise<(T | undefined)[]> {
    this.#checked(() => requireList(keys));
    const entries = keys.map((key) => this.#fresh(key));
    const missing = keys.filter((_key, index) => entries[index] === undefined);
    const below = missing.length === 0 ? [] : await this.#readBelow(missing);
    let next = 0;
    return entries.map((entry) => (entry ?? below[next++])?.value as T | undefined);
  }

  /**
   * Keeps a value in all tiers, in the place of any other. Other replicas are told to forget theirs. Resolves when that is
   * done, as with {@link invalidate}.
   *
   * @throws CacheError (as a rejection) `invalid_key`, `invalid_value`, `invalid_option`, `closed`
   */
  async set(key: string, value: unknown, options: SetOptions = {}): Promise<void> {
    const entry = this.#checked(() => {
      checkedKey(key);
      return this.#entryToSet(value, options);
    });
    this.#refuseClosed();
    const invalidation: Invalidation = { kind: 'keys', keys: [key] };
    // Earlier ones of the same key are over.
    this.#state.apply(invalidation);
    const write = this.#state.beginWrite(key);
    const applied = await this.#invalidator.tellTiers(invalidation);
    const positions = await this.#positionsOf(key);
    const holds = this.#state.endWrite(write, entry.tags);
    this.#state.applyAgain(invalidation);
    if (holds) await this.#keep(key, entry, positions);
    await this.#invalidator.tellReplicas(invalidation, applied);
  }

  /** Forgets keys, as {@link invalidate} does. */
  delete(...keys: readonly string[]): Promise<void> {
    return this.invalidate({ kind: 'keys', keys });
  }

  /** Forgets whatever has one of these tags. Costs the same whatever the number of entries. */
  invalidateTags(...tags: readonly string[]): Promise<void> {
    return this.invalidate({ kind: 'tags', tags });
  }

  /** Forgets the keys that begin so. */
  invalidatePrefix(prefix: string): Promise<void> {
    return this.invalidate({ kind: 'prefix', prefix });
  }

  /** Forgets the keys that match: `*` is any characters, `?` one, `\` takes the next literally. */
  invalidatePattern(pattern: string): Promise<void> {
    return this.invalidate({ kind: 'pattern', pattern });
  }

  /** Forgets everything of this namespace, and nothing else. */
  clear(): Promise<void> {
    return this.invalidate({ kind: 'all' });
  }

  /**
   * Forgets what an invalidation concerns. When it resolves it is acknowledged: here nothing older is given out any more, from
   * whatever tier, nor kept by a load that began before; other replicas have been told. One that did not hear it gives out
   * older values for at most the bus' `silenceMs`, or, where it is this process that the bus does not hear, until its next
   * heartbeat does arrive. A tier that can't be told now is told before it is read again.
   *
   * @throws CacheError (as a rejection) `invalid_key`, `closed`
   */
  async invalidate(invalidation: Invalidation): Promise<void> {
    this.#checked(() => checkInvalidation(invalidation));
    if (isNothing(invalidation)) return;
    this.#refuseClosed();
    this.#state.counts.invalidations += 1;
    await this.#invalidator.invalidate(invalidation);
  }

  /** What is known of an entry that memory has; looking does not count as a use. */
  describe(key: string): EntryDescription | undefined {
    const entry = this.#entries.get(key);
    const now = this.#stack.clock.now();
    if (entry === undefined || now >= entry.keepUntil || !this.#state.holds(entry)) return undefined;
    return describeEntry(entry, now);
  }

  /** The hot path: no key is checked, as no bad one is in memory, and nothing is made. */
  #fresh(key: string): MemoryEntry | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    const now = this.#stack.clock.now();
    if (now >= entry.freshUntil || !trustsOwn(this.#stack, this.#state, now)) return undefined;
    if (!this.#state.holds(entry)) return undefined;
    entry.visited = true;
    entry.hits += 1;
    this.#stack.counts.hits += 1;
    this.#state.counts.hits += 1;
    return entry;
  }

  async #compute(key: string, load: Loader<unknown>, options: ComputeOptions = {}): Promise<CacheResult<unknown>> {
    const { counts } = this.#state;
    const [loading, tags] = this.#checked(() => {
      checkedKey(key);
      if (typeof load !== 'function') throw new CacheError('invalid_option', 'load', 'must be a function');
      return [loadingOf(options, this.#defaults), checkedTags(options.tags ?? NONE)];
    });
    const { signal } = options;
    signal?.throwIfAborted();
    this.#stack.counts.misses += 1;
    const stale = this.#stale(key);
    const now = this.#stack.clock.now();
    // A refresh failed just now: its source is left alone for a moment.
    if (stale !== undefined && now < stale.retryAt && loading.staleOnError) return this.#staleResult(stale);
    const waiting = { loading, waitUntil: now + loading.hardTimeoutMs, signal };
    const askedAt = this.#state.marks.position;
    for (;;) {
      const flying = this.#state.flights.get(key);
      if (flying !== undefined) counts.stampedesJoined += 1;
      const flight = flying ?? this.#begin({ key, load, loading, tags, maxTtl: this.#defaults.maxTtl, stale });
      const result = await this.#land(flight, stale, waiting).catch((error: unknown) => {
        // Whose load this caller joined had less time than it has itself.
        if (flying === undefined || !isLoadTimeout(error) || this.#stack.clock.now() >= waiting.waitUntil) throw error;
        return undefined;
      });
      if (result === undefined) continue;
      if (flying === undefined && result.status === 'STALE') result.refreshing = flight.over;
      // Who came after an invalidation must not get what was loaded before it. The next flight begins after this call did, so
      // there is no third.
      const isOlder = askedAt > flight.position && !this.#state.marks.holds(result.tags, flight.position);
      if (!isOlder) return result;
    }
  }

  #begin(plan: KeyLoadPlan): Flight {
    this.#refuseClosed();
    const { flights, marks } = this.#state;
    const flight = new Flight(plan.key, marks.position);
    flights.set(plan.key, flight);
    const over = (): void => {
      if (flights.get(plan.key) === flight) flights.delete(plan.key);
    };
    flight.landed.then(over, over);
    flight.depart(new KeyLoad(this.#stack, this.#state, plan).run);
    return flight;
  }

  /** Waits for a flight as long as this caller would, or takes a stale value. */
  async #land(flight: Flight, inMemory: MemoryEntry | undefined, caller: Waiting): Promise<CacheResult<unknown>> {
    const { loading, waitUntil, signal } = caller;
    const leftMs = (): number => waitUntil - this.#stack.clock.now();
    let stale = inMemory;
    const isUsable = (): boolean => stale !== undefined && !flight.diverted && this.#isUsable(stale);
    try {
      stale ??= await waitFor(flight.looked, leftMs(), signal);
      const usable = isUsable();
      if (usable && loading.softTimeoutMs === 0) return this.#staleResult(stale!);
      const waitMs = usable ? Math.min(loading.softTimeoutMs, leftMs()) : leftMs();
      const { entry, from } = await waitFor(flight.landed, waitMs, signal);
      return this.#landedResult(entry, from);
    } catch (error) {
      const isLate = error instanceof WaitedTooLong;
      if ((isLate || loading.staleOnError) && !signal?.aborted && isUsable()) return this.#staleResult(stale!);
      throw isLate ? loadTimeout(flight.key, loading.hardTimeoutMs) : error;
    }
  }

  #isUsable(stale: MemoryEntry): boolean {
    return stale.isUsable(this.#stack.clock.now()) && this.#state.holds(stale);
  }

  /** Looks in the tiers below memory, and keeps in memory what they have. In the order of `keys`. */
  async #readBelow(keys: readonly string[]): Promise<readonly (MemoryEntry | undefined)[]> {
    this.#checked(() => checkKeys(keys));
    this.#refuseClosed();
    const { changes, marks } = this.#state;
    const { position } = marks;
    const found = new Map<string, MemoryEntry>();
    for (const tier of this.#stack.tiersOf(this.#state)) {
      const missing = keys.filter((key) => !found.has(key));
      if (missing.length === 0) break;
      if (!trustsTier(this.#stack, this.#state, tier)) continue;
      const lookups = (await tier.getMany(this.#state.name, missing)) ?? [];
      lookups.forEach(({ entry: stored }, index) => {
        const entry = isServable(stored) ? entryBelow(this.#stack, tier, stored, position) : undefined;
        if (entry !== undefined) found.set(missing[index]!, entry);
      });
    }
    // What was invalidated meanwhile may be among it: it was asked for before, but must not stay.
    if (this.#state.changes === changes) this.#keepInMemory(found);
    this.#count(keys.length, found.size);
    return keys.map((key) => found.get(key));
  }

  #keepInMemory(found: ReadonlyMap<string, MemoryEntry>): void {
    if (!trustsOwn(this.#stack, this.#state, this.#stack.clock.now())) return;
    for (const [key, entry] of found) this.#stack.memory.set(this.#state.table, key, entry);
  }

  #count(asked: number, hits: number): void {
    this.#stack.counts.misses += asked;
    this.#state.counts.hits += hits;
    this.#state.counts.misses += asked - hits;
  }

  /** What memory has of a key beyond its life. */
  #stale(key: string): MemoryEntry | undefined {
    const entry = this.#entries.get(key);
    const now = this.#stack.clock.now();
    if (entry === undefined || now >= entry.keepUntil || !trustsOwn(this.#stack, this.#state, now)) return undefined;
    return this.#state.holds(entry) ? entry : undefined;
  }

  #entryToSet(value: unknown, options: SetOptions): MemoryEntry {
    if (value === undefined) throw new CacheError('invalid_value', 'value', 'is undefined: delete the key instead');
    const { ttl, staleFor, jitter } = lifeOf(options, this.#defaults);
    const now = this.#stack.clock.now();
    return newEntry(value, {
      etag: options.etag === undefined ? undefined : checkedEtag(options.etag),
      attributes: options.attributes && checkedAttributes(options.attributes),
      tags: checkedTags(options.tags ?? NONE),
      ttlMs: ttl * (1 - jitter * this.#stack.random()),
      staleForMs: staleFor,
      loadedAt: now,
      memoryUntil: now + this.#stack.memoryMaxAgeMs,
      position: this.#state.marks.position,
    });
  }

  /** When a value that is being set is new, for each tier; so that a write that comes late never undoes an invalidation. */
  async #positionsOf(key: string): Promise<ReadonlyMap<Tier, Position | undefined>> {
    const tiers = this.#stack.tiersOf(this.#state);
    return new Map(await Promise.all(tiers.map(async (tier) => [tier, await tier.position(this.name, key)] as const)));
  }

  async #keep(key: string, entry: MemoryEntry, positions: ReadonlyMap<Tier, Position | undefined>): Promise<void> {
    this.#keepInMemory(new Map([[key, entry]]));
    const tiers = this.#stack.tiersOf(this.#state);
    entry.since = tiers[0] && positions.get(tiers[0]);
    const keepIn = async (tier: Tier): Promise<void> => {
      const since = positions.get(tier);
      if (since === undefined || !trustsTier(this.#stack, this.#state, tier)) return;
      const freshForMs = entry.freshForMs(this.#stack.clock.now());
      const storing = { namespace: this.name, key, entry: entry.stored(), freshForMs, since };
      if ((await tier.set(storing)) === 'kept') entry.isBelow = true;
    };
    await Promise.all(tiers.map(keepIn));
  }

  #refuseClosed(): void {
    if (this.#stack.closing.aborted) throw closed();
  }

  #staleResult(entry: MemoryEntry): CacheResult<unknown> {
    this.#state.counts.hits += 1;
    this.#state.counts.staleServed += 1;
    return this.#result(entry, 'STALE');
  }

  #landedResult(entry: MemoryEntry, from: Landed['from']): CacheResult<unknown> {
    if (from === 'tier') this.#state.counts.hits += 1;
    else this.#state.counts.misses += 1;
    return this.#result(entry, from === 'tier' ? 'HIT' : 'MISS');
  }

  #result<T>(entry: MemoryEntry, status: CacheStatus): CacheResult<T> {
    return new CacheResult<T>(entry, status, this.#stack.clock.now());
  }

  #checked<T>(check: () => T): T {
    try {
      return check();
    } catch (error) {
      this.#state.counts.badCalls += 1;
      throw error;
    }
  }
}

/** What one caller waits with. */
interface Waiting {
  readonly loading: Loading;
  /** By the clock. */
  readonly waitUntil: number;
  readonly signal: AbortSignal | undefined;
}

const MAX_KEYS = 10_000;

function requireList(keys: readonly string[]): void {
  if (!Array.isArray(keys as unknown)) throw new CacheError('invalid_key', 'keys', 'must be a list of strings');
}

function checkKeys(keys: readonly string[]): void {
  if (keys.length > MAX_KEYS) throw new CacheError('invalid_key', 'keys', `must be at most ${MAX_KEYS}`);
  for (const key of keys) checkedKey(key);
}

function isServable(entry: FoundEntry | undefined): entry is FoundEntry {
  return entry !== undefined && !entry.unverified && entry.freshForMs > 0;
}
