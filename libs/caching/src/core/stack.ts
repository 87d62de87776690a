import type { BusSession } from './bus-session.ts';
import type { Clock } from './clock.ts';
import type { Durations } from './durations.ts';
import { entryOf, type MemoryEntry } from './memory-entry.ts';
import type { MemoryTier } from './memory-tier.ts';
import type { NamespaceState } from './namespace-state.ts';
import type { FoundEntry } from './store.ts';
import type { Tier } from './tier.ts';

/** What all namespaces of a process stand on. */
export interface Stack {
  readonly clock: Clock;
  readonly memory: MemoryTier;
  /** How long memory keeps an entry at most; Infinity where no tier below could give it again. */
  readonly memoryMaxAgeMs: number;
  readonly counts: MemoryCounts;
  readonly loadTimes: Durations;
  /** Undefined where there is no bus. */
  readonly bus: BusSession | undefined;
  /** Aborted when the cache closes. */
  readonly closing: AbortSignal;
  /** The tiers below memory that a namespace has, the nearest first. */
  tiersOf(state: Pick<NamespaceState, 'name' | 'local'>): readonly Tier[];
  /** Work that nobody waits for; the cache's closing does. */
  inBackground(work: Promise<unknown>): void;
  /** A random number from 0 to 1. */
  random(): number;
}

/** What reading memory counts. */
export interface MemoryCounts {
  hits: number;
  misses: number;
}

/**
 * Whether what only this process knows of, memory and the tiers that are not shared, may be read and written for a namespace
 * right now.
 */
export function trustsOwn(stack: Stack, state: NamespaceState, now: number): boolean {
  return stack.bus === undefined || state.local || now < stack.bus.trustedUntil;
}

/** Whether a tier may be read and written for a namespace right now: a shared one is told by whoever invalidates. */
export function trustsTier(stack: Stack, state: NamespaceState, tier: Tier): boolean {
  return tier.shared || trustsOwn(stack, state, stack.clock.now());
}

/** What a tier found; undefined where it can't be read, which is that tier's failure. */
export function entryBelow(stack: Stack, tier: Tier, found: FoundEntry, position: number): MemoryEntry | undefined {
  const now = stack.clock.now();
  const loadedAt = now + found.freshForMs - found.ttlMs;
  try {
    const entry = entryOf(found, { loadedAt, position, memoryUntil: now + stack.memoryMaxAgeMs });
    entry.isBelow = true;
    return entry;
  } catch (error) {
    tier.unreadable(error);
    return undefined;
  }
}
