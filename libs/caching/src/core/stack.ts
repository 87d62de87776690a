import type { BusSession } from './bus-session.ts';
import type { Clock } from './clock.ts';
import type { Durations } from './durations.ts';
import type { MemoryTier } from './memory-tier.ts';
import type { NamespaceState } from './namespace-state.ts';
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
  tiersOf(state: NamespaceState): readonly Tier[];
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

/** Whether memory may be read and written for a namespace right now. */
export function trustsMemory(stack: Stack, state: NamespaceState, now: number): boolean {
  return stack.bus === undefined || state.local || now < stack.bus.trustedUntil;
}
