import { setTimeout as sleep } from 'node:timers/promises';
import type { FoundEntry, Lookup, Position, Store, StoredEntry } from '../../core/store.ts';
import { afterAll, afterEach, beforeAll, beforeEach } from './runner.ts';

/** What an implementation brings to be tested. */
export interface StoreHarness {
  /** With nothing in it. The suite closes it. */
  readonly store: Store;
  /** Lets time pass for the store. Without it the tests wait. */
  advance?(ms: number): void | Promise<void>;
  /** Stops whatever the harness started; the store is closed by then. */
  close?(): Promise<void>;
}

/** How the suites get at a store. */
export interface StoreUnderTest {
  readonly store: Store;
  advance(ms: number): Promise<void>;
  /** Stores a value that is new now. */
  put(key: string, options?: Putting): Promise<boolean>;
  find(key: string, namespace?: string): Promise<FoundEntry | undefined>;
  /** The keys of these that are found. */
  found(...keys: string[]): Promise<string[]>;
  /** Looks up as a load does that is about to begin. */
  position(key: string, namespace?: string): Promise<Position>;
}

/** What `put` may be told; the rest is {@link entryOf}'s. */
export interface Putting extends Partial<StoredEntry> {
  readonly namespace?: string;
  readonly freshForMs?: number;
  readonly since?: Position;
  readonly ifAbsent?: boolean;
}

/** An hour to live: longer than any test. */
export const LONG_MS = 3_600_000;

export function entryOf(overrides: Partial<StoredEntry> = {}): StoredEntry {
  return { json: '"value"', tags: [], ttlMs: LONG_MS, staleForMs: 0, ...overrides };
}

/**
 * One store for the tests of the enclosing `describe`, each with namespaces of its own: to open one may be dear. They neither
 * close it nor look at its statistics.
 */
export function useStore(open: () => Promise<StoreHarness>): StoreUnderTest {
  const opened = useHarness(open, beforeAll, afterAll);
  let tests = 0;
  beforeEach(() => {
    tests += 1;
  });
  return underTest(() => ({ ...opened(), store: within(`test${tests}-`, opened().store) }));
}

/** A store with nothing in it for each test of the enclosing `describe`. */
export function useNewStore(open: () => Promise<StoreHarness>): StoreUnderTest {
  return underTest(useHarness(open, beforeEach, afterEach));
}

type Hook = (run: () => Promise<void>) => void;

function useHarness(open: () => Promise<StoreHarness>, before: Hook, after: Hook): () => StoreHarness {
  let harness: StoreHarness | undefined;
  before(async () => {
    harness = await open();
  });
  after(async () => {
    await harness?.store.close();
    await harness?.close?.();
    harness = undefined;
  });
  return () => harness!;
}

/** The store with its namespaces under a name. */
function within(name: string, store: Store): Store {
  return {
    name: store.name,
    shared: store.shared,
    getMany: (namespace, keys) => store.getMany(name + namespace, keys),
    set: (storing) => store.set({ ...storing, namespace: name + storing.namespace }),
    invalidate: (namespace, invalidation) => store.invalidate(name + namespace, invalidation),
    ...(store.purge && { purge: () => store.purge!() }),
    statistics: () => store.statistics(),
    close: () => store.close(),
  };
}

function underTest(harness: () => StoreHarness): StoreUnderTest {
  const lookUp = async (key: string, namespace = 'space'): Promise<Lookup> =>
    (await harness().store.getMany(namespace, [key]))[0]!;
  return {
    get store() {
      return harness().store;
    },
    advance: async (ms) => {
      const { advance = sleep } = harness();
      await advance(ms);
    },
    put: (key, { namespace = 'space', freshForMs, since, ifAbsent, ...overrides } = {}) => {
      const entry = entryOf(overrides);
      const life = { entry, freshForMs: freshForMs ?? entry.ttlMs };
      return harness().store.set({ namespace, key, ...life, since, ...(ifAbsent !== undefined && { ifAbsent }) });
    },
    find: async (key, namespace) => (await lookUp(key, namespace)).entry,
    found: async (...keys) => {
      const lookups = await harness().store.getMany('space', keys);
      return keys.filter((_key, index) => lookups[index]!.entry !== undefined);
    },
    position: async (key, namespace) => (await lookUp(key, namespace)).position,
  };
}
