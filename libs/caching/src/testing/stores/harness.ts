import { afterEach, beforeEach } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FoundEntry, Lookup, Position, Store, StoredEntry } from '../../core/store.ts';

/** What an implementation brings to be tested. */
export interface StoreHarness {
  /** With nothing in it. The suite closes it. */
  readonly store: Store;
  /** Lets time pass for the store. Without it the tests wait. */
  advance?(ms: number): void | Promise<void>;
  /** Stops whatever the harness started; the store is closed by then. */
  close?(): Promise<void>;
}

/** How the suites get at a store: a new one for each test. */
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

export function useStore(open: () => Promise<StoreHarness>): StoreUnderTest {
  let harness: StoreHarness | undefined;
  beforeEach(async () => {
    harness = await open();
  });
  afterEach(async () => {
    await harness?.store.close();
    await harness?.close?.();
    harness = undefined;
  });
  return underTest(() => harness!);
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
