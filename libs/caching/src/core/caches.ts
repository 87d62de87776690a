import { randomUUID } from 'node:crypto';
import { createBreaker, type Breaker } from './breaker.ts';
import type { InvalidationMessage } from './bus-messages.ts';
import { BusSession, type BusOptions } from './bus-session.ts';
import { Cache } from './cache.ts';
import { checkedTier } from './check-parts.ts';
import { checkInvalidation, isNothing } from './check-invalidation.ts';
import { monotonicClock, type Clock } from './clock.ts';
import { Durations } from './durations.ts';
import { CacheError, closed } from './errors.ts';
import type { Invalidation } from './invalidation.ts';
import { Invalidator } from './invalidator.ts';
import { checkedKey, MAX_NAME_LENGTH } from './key.ts';
import type { MemoryEntry } from './memory-entry.ts';
import { MemoryTier } from './memory-tier.ts';
import { NamespaceState } from './namespace-state.ts';
import {
  loadingOf,
  namespaceDefaults,
  within,
  withOthers,
  type LoadOptions,
  type NamespaceDefaults,
  type NamespaceOptions,
} from './options.ts';
import { trustsTier, type MemoryCounts, type Stack } from './stack.ts';
import type { CacheStatistics, NamespaceStatistics } from './statistics.ts';
import type { LoadLock } from './store.ts';
import { Tier, type TierOptions } from './tier.ts';
import { waitFor } from './wait-for.ts';

/** Something went wrong behind the cache, and was dealt with. `where`: a tier's name, or `bus`. */
export interface CacheProblem {
  readonly where: string;
  readonly error: unknown;
}

export interface CachesOptions {
  readonly memory?: {
    /** Room for entries, by about what they take. Default 100 MB. */
    readonly maxBytes?: number;
    /** The longest that an entry stays. Default 300 000 where a tier below could give it again, else its life. */
    readonly maxAgeMs?: number;
  };
  /** The tiers below memory, the nearest first. Default none. They are closed with the cache. */
  readonly tiers?: readonly TierOptions[];
  /** What tells other replicas of invalidations. Without one, nobody else may hold what this process invalidates. */
  readonly bus?: BusOptions;
  /** What holds for every namespace that does not say otherwise. */
  readonly defaults?: NamespaceOptions;
  /** Names this process among its replicas. Default a UUID; never one that ran before. */
  readonly replica?: string;
  /** Between two purges of what has expired. Default 300 000. */
  readonly purgeEveryMs?: number;
  /** Told of problems, at most once a second for each place. Default: nobody; they are counted in any case. */
  readonly onProblem?: (problem: CacheProblem) => void;
  /** Makes the breaker of a tier. Default one that opens after five failures in a row, and tries again after a second. */
  readonly breaker?: (tier: string) => Breaker;
  /** Default the process's monotonic clock. */
  readonly clock?: Clock;
  /** Default `Math.random`. */
  readonly random?: () => number;
}

const MEGABYTE = 1_000_000;
/** Entries evicted from memory that may be on their way down at a time; beyond that they are let go. */
const MAX_GOING_DOWN = 256;
/** What a process holds and says for each is held and said for ever: names must not be made of what callers send. */
const MAX_NAMESPACES = 1_000;
/** Entries looked at before other work gets its turn. */
const PURGE_SLICE = 1_000;
const PROBLEM_INTERVAL_MS = 1_000;
const CLOSE_TIMEOUT_MS = 5_000;
/** The namespace of locks that are not a key's. */
const LOCKS = 'locks';
const NO_LOCK: LoadLock = { extend: () => Promise.resolve(true), release: () => Promise.resolve() };

/**
 * Opens the cache of a process.
 *
 * Rejects with a CacheError `invalid_option` or `invalid_key` where an option is not allowed, and where the bus can't be
 * subscribed to. The tiers that were given are closed then.
 */
export async function openCaches(options: CachesOptions = {}): Promise<Caches> {
  let caches: Caches | undefined;
  try {
    caches = new Caches(options);
    await caches.open();
    return caches;
  } catch (error) {
    if (caches !== undefined) await caches.close();
    else await Promise.allSettled((options.tiers ?? []).map(closeTier));
    throw error;
  }
}

/** Closes the store of a tier that no cache has, and what it stands on. */
export async function closeTier({ store, onClosed }: TierOptions): Promise<void> {
  try {
    await store.close();
  } finally {
    await onClosed?.();
  }
}

/** The cache of a process: memory, the tiers below it, and the bus. Values are read and written by namespace. */
export class Caches {
  readonly replica: string;
  readonly #memory: MemoryTier;
  readonly #tiers: readonly Tier[];
  readonly #localTiers: readonly Tier[];
  readonly #tiersOfNamespaces = new WeakMap<object, readonly Tier[]>();
  readonly #bus: BusSession | undefined;
  readonly #stack: Stack;
  readonly #defaults: NamespaceOptions;
  readonly #states = new Map<string, { readonly state: NamespaceState; readonly defaults: NamespaceDefaults }>();
  readonly #counts: MemoryCounts = { hits: 0, misses: 0 };
  readonly #loadTimes = new Durations();
  readonly #closing = new AbortController();
  readonly #background = new Set<Promise<unknown>>();
  readonly #onProblem: CachesOptions['onProblem'];
  readonly #problemAt = new Map<string, number>();
  readonly #clock: Clock;
  readonly #purgeEveryMs: number;
  #purging: NodeJS.Timeout | undefined;
  #expirations = 0;
  #goingDown = 0;
  #closed: Promise<void> | undefined;

  /** Use {@link openCaches}. */
  constructor(options: CachesOptions) {
    const { memory = {}, tiers = [], breaker = () => createBreaker() } = options;
    this.replica = checkedKey(options.replica ?? randomUUID(), 'replica', MAX_NAME_LENGTH);
    this.#clock = options.clock ?? monotonicClock;
    this.#onProblem = options.onProblem;
    this.#defaults = options.defaults ?? {};
    namespaceDefaults(this.#defaults);
    this.#purgeEveryMs = within('purgeEveryMs', options.purgeEveryMs ?? 300_000, 1_000, 86_400_000);
    this.#memory = new MemoryTier({
      maxBytes: within('memory.maxBytes', memory.maxBytes ?? 100 * MEGABYTE, 1, Number.MAX_SAFE_INTEGER),
      onEvicted: (namespace, key, entry) => this.#goDown(namespace, key, entry),
    });
    const onProblem = (where: string, error: unknown): void => this.#report(where, error);
    this.#tiers = tiers.map((tier) => new Tier(checkedTier(tier), { breaker: breaker(tier.store.name), onProblem }));
    this.#localTiers = this.#tiers.filter(({ shared }) => !shared);
    this.#bus = options.bus && this.#sessionAt(options.bus);
    this.#stack = this.#stackOf(memory.maxAgeMs, options.random ?? Math.random);
  }

  /** Begins to listen to the bus and to purge. Called by {@link openCaches}. */
  async open(): Promise<void> {
    await this.#bus?.open();
    this.#purging = setInterval(() => this.#stack.inBackground(this.purge()), this.#purgeEveryMs);
    this.#purging.unref();
  }

  /**
   * A part of the cache with keys and tags of its own. All who name one see the same, with the options of whoever named it
   * first; without options, as it is. There are at most 1 000.
   *
   * @throws CacheError `invalid_key`, `invalid_option`: also where it is there with other options, or one too many
   */
  namespace(name: string, options?: NamespaceOptions): Cache {
    checkedKey(name, 'namespace', MAX_NAME_LENGTH);
    const defaults = namespaceDefaults(withOthers(options, this.#defaults));
    const known = this.#states.get(name);
    if (known !== undefined) {
      if (options !== undefined) requireSame(name, known.defaults, defaults);
      return new Cache(this.#stack, known.state, known.defaults);
    }
    if (this.#states.size >= MAX_NAMESPACES) {
      throw new CacheError(
        'invalid_option',
        'namespace',
        `must be one of at most ${MAX_NAMESPACES}; ${name} is one more`,
      );
    }
    const state = new NamespaceState(name, defaults.local, this.#memory);
    this.#states.set(name, { state, defaults });
    return new Cache(this.#stack, state, defaults);
  }

  /** Whether a namespace has been named here. */
  isNamed(namespace: string): boolean {
    return this.#states.has(namespace);
  }

  /** Refuses what each call in a namespace would refuse, before there is one. @throws CacheError `invalid_option` */
  checkOptions(namespace: string, options: LoadOptions): void {
    loadingOf(options, this.#states.get(namespace)?.defaults ?? namespaceDefaults(this.#defaults));
  }

  /**
   * Forgets what an invalidation concerns, as `Cache.invalidate` does, also of a namespace that nobody has named here.
   *
   * @throws CacheError (as a rejection) `invalid_key`, `closed`
   */
  async invalidate(namespace: string, invalidation: Invalidation): Promise<void> {
    const known = this.#states.get(checkedKey(namespace, 'namespace', MAX_NAME_LENGTH));
    if (known !== undefined) return new Cache(this.#stack, known.state, known.defaults).invalidate(invalidation);
    checkInvalidation(invalidation);
    if (isNothing(invalidation)) return;
    if (this.#closing.signal.aborted) throw closed();
    // Who has named it meanwhile may have read what a tier still had.
    const again = (told: Invalidation): void => this.#states.get(namespace)?.state.applyAgain(told);
    const unnamed = { name: namespace, local: false, apply: again, applyAgain: again };
    await new Invalidator(this.#stack, unnamed).invalidate(invalidation);
  }

  /**
   * The right to do something for at most `lifeMs`, for one replica at a time; undefined while another has it. Where there is
   * no shared tier, or none that can be asked, everybody has it.
   *
   * @throws CacheError (as a rejection) `invalid_key`
   */
  async lock(name: string, lifeMs: number): Promise<LoadLock | undefined> {
    checkedKey(name, 'name');
    const tier = this.#tiers.find(({ locks }) => locks);
    const lock = tier === undefined ? 'unavailable' : await tier.lock(LOCKS, name, lifeMs);
    if (lock === 'taken') return undefined;
    return lock === 'unavailable' ? NO_LOCK : lock;
  }

  /** Removes what has expired, a little at a time. */
  async purge(): Promise<void> {
    let looked = 0;
    // What comes while this rests is looked at too: it must end all the same.
    const most = this.#memory.entries;
    for (const table of this.#memory.tables) {
      const state = this.#states.get(table.namespace)?.state;
      for (const [key, entry] of table.entries) {
        if (this.#clock.now() >= entry.keepUntil || !state?.holds(entry)) {
          this.#memory.delete(table, key);
          this.#expirations += 1;
        }
        if (++looked > most || this.#closing.signal.aborted) break;
        if (looked % PURGE_SLICE === 0) await new Promise(setImmediate);
      }
    }
    await Promise.all(this.#tiers.map((tier) => tier.purge()));
  }

  statistics(): CacheStatistics {
    const namespaces: Record<string, NamespaceStatistics> = {};
    for (const [name, { state }] of this.#states) namespaces[name] = state.counts.statistics(state.local);
    return {
      replica: this.replica,
      tiers: [
        this.#memory.statistics(this.#counts, this.#expirations),
        ...this.#tiers.map((tier) => tier.statistics()),
      ],
      namespaces,
      loadTimes: this.#loadTimes.statistics(),
      bus: this.#bus?.statistics() ?? null,
    };
  }

  /** Ends loads, finishes what is being written for at most 5 s, and closes the tiers. May be called again. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    clearInterval(this.#purging);
    this.#closing.abort();
    this.#bus?.close();
    const written = Promise.allSettled(this.#background);
    await waitFor(written, CLOSE_TIMEOUT_MS).catch((error: unknown) => this.#report('cache', error));
    const closing = Promise.allSettled(this.#tiers.map((tier) => tier.close()));
    await waitFor(closing, CLOSE_TIMEOUT_MS).catch((error: unknown) => this.#report('cache', error));
    this.#memory.clear();
  }

  #stackOf(memoryMaxAgeMs: number | undefined, random: () => number): Stack {
    const hasBelow = this.#tiers.length > 0;
    return {
      clock: this.#clock,
      memory: this.#memory,
      memoryMaxAgeMs: within('memory.maxAgeMs', memoryMaxAgeMs ?? (hasBelow ? 300_000 : Infinity), 1, Infinity),
      counts: this.#counts,
      loadTimes: this.#loadTimes,
      bus: this.#bus,
      closing: this.#closing.signal,
      tiersOf: (state) => this.#tiersOf(state),
      inBackground: (work) => this.#inBackground(work),
      random,
    };
  }

  #tiersOf(state: Pick<NamespaceState, 'name' | 'local'>): readonly Tier[] {
    const known = this.#tiersOfNamespaces.get(state);
    if (known !== undefined) return known;
    const tiers = (state.local ? this.#localTiers : this.#tiers).filter((tier) => tier.serves(state.name));
    this.#tiersOfNamespaces.set(state, tiers);
    return tiers;
  }

  #sessionAt(options: BusOptions): BusSession {
    return new BusSession(options, {
      replica: this.replica,
      clock: this.#clock,
      onInvalidation: async (message) => {
        const taking = this.#take(message);
        this.#inBackground(taking);
        await taking.catch(() => {});
      },
      onMissed: (namespaces) => this.#missed(namespaces),
      onFirstTrusted: () => this.#divertLoads(),
      onProblem: (error) => this.#report('bus', error),
    });
  }

  /** Another replica invalidated something. */
  async #take({ namespace, invalidation, applied }: InvalidationMessage): Promise<void> {
    const state = this.#states.get(namespace)?.state;
    if (state?.local) return;
    state?.apply(invalidation);
    const tiers = this.#tiers.filter(({ shared }) => !shared || !applied);
    if (tiers.length === 0) return;
    for (const tier of tiers.toReversed()) await tier.invalidate(namespace, invalidation);
    // Also where it was named only meanwhile.
    this.#states.get(namespace)?.state.applyAgain(invalidation);
  }

  /** What was asked of the source before messages arrive may be older than one that did not arrive. */
  #divertLoads(): void {
    for (const { state } of this.#states.values()) if (!state.local) state.apply({ kind: 'all' });
  }

  /**
   * Others may have invalidated anything of these namespaces unheard. Shared tiers know; what is ours alone does not.
   *
   * @returns those that this process has a part in
   */
  #missed(namespaces: readonly string[] | undefined): readonly string[] {
    const concerned = namespaces ?? [...this.#states.keys()];
    const known = concerned.map((name) => this.#states.get(name)?.state);
    const states = known.filter((state) => state !== undefined && !state.local) as NamespaceState[];
    this.#inBackground(this.#drop(states));
    return states.map(({ name }) => name);
  }

  async #drop(states: readonly NamespaceState[]): Promise<void> {
    const all = { kind: 'all' } as const;
    for (const state of states) state.apply(all);
    await Promise.all(states.flatMap(({ name }) => this.#localTiers.map((tier) => tier.invalidate(name, all))));
    if (this.#localTiers.length > 0) for (const state of states) state.applyAgain(all);
  }

  /** What memory has no room for goes to the next tier, where no tier has it yet. */
  #goDown(namespace: string, key: string, entry: MemoryEntry): void {
    const state = this.#states.get(namespace)?.state;
    const [next] = state === undefined ? [] : this.#stack.tiersOf(state);
    const freshForMs = entry.freshForMs(this.#clock.now());
    const { since } = entry;
    if (!next || entry.isBelow || freshForMs <= 0 || this.#goingDown >= MAX_GOING_DOWN) return;
    // Of a tier that did not answer when it was loaded nobody knows what was invalidated since.
    if (since === undefined || !state!.holds(entry) || !trustsTier(this.#stack, state!, next)) return;
    if (this.#closing.signal.aborted) return;
    this.#goingDown += 1;
    const storing = { namespace, key, entry: entry.stored(), freshForMs, since, ifAbsent: true };
    this.#inBackground(next.set(storing).finally(() => (this.#goingDown -= 1)));
  }

  #inBackground(work: Promise<unknown>): void {
    const over = work
      .catch((error: unknown) => this.#report('cache', error))
      .finally(() => this.#background.delete(over));
    this.#background.add(over);
  }

  #report(where: string, error: unknown): void {
    const now = this.#clock.now();
    if (now - (this.#problemAt.get(where) ?? -Infinity) < PROBLEM_INTERVAL_MS) return;
    this.#problemAt.set(where, now);
    try {
      this.#onProblem?.({ where, error });
    } catch {
      // Who is told of a problem must not make another of it.
    }
  }
}

function requireSame(name: string, known: NamespaceDefaults, wanted: NamespaceDefaults): void {
  const different = (Object.keys(known) as (keyof NamespaceDefaults)[]).find(
    (option) => known[option] !== wanted[option],
  );
  if (different === undefined) return;
  const problem = `the namespace ${name} is there with ${String(known[different])}; it can't have ${String(wanted[different])} too`;
  throw new CacheError('invalid_option', different, problem);
}
