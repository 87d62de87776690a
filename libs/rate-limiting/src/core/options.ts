import { checkName } from './check-calls.ts';
import { wholeAtLeast1 } from './check.ts';
import type { Clock } from './clock.ts';
import type { Grant } from './grant.ts';
import type { LimitStore, SlotHold } from './store.ts';
import type { WaitBounds } from './waiter.ts';

const DEFAULT_MOST_WAITING = 1_000;
const DEFAULT_WAIT_MS = 30_000;
/** As far as timers reach. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** How callers wait for slots. */
export interface QueueOptions {
  /** The most that wait for the slots of one subject at this process. Default 1 000. */
  readonly mostWaiting?: number;
  /** The longest that one waits. Milliseconds; default 30 000. 0: nobody waits. */
  readonly waitMs?: number;
}

export interface LimiterOptions {
  /** Where limits are kept; the limiter's from here on: it is closed with it. Default: a `MemoryStore`. */
  readonly store?: LimitStore;
  readonly queue?: QueueOptions;
  /** Told when a slot's lease ended at the store while it was held here: others may have the slot by now. What it throws is a warning. */
  readonly onLost?: (hold: SlotHold, grant: Grant) => void;
  /** Told what the store threw at a time when nobody waited for it: while renewing, releasing, correcting. What it throws is a warning. */
  readonly onProblem?: (error: unknown) => void;
  /** The most clients that are counted one by one: the busiest. Default 1 000. */
  readonly mostClients?: number;
  readonly clock?: Clock;
}

/** Who waits, and for how long. */
export interface AcquireOptions extends QueueOptions {
  /** Between whom it is fair: a key's id. */
  readonly client: string;
  /** The client's part beside others that wait. Above 0; default 1. */
  readonly weight?: number;
  /** Ends the wait: the call rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** @throws TypeError naming the option */
export function checkedQueue(options: QueueOptions = {}): Required<QueueOptions> {
  return {
    mostWaiting: wholeAtLeast1('queue.mostWaiting', options.mostWaiting ?? DEFAULT_MOST_WAITING),
    waitMs: checkedWait('queue.waitMs', options.waitMs ?? DEFAULT_WAIT_MS),
  };
}

/** @throws TypeError naming the option */
export function checkAcquire(options: AcquireOptions): void {
  checkName('client', options.client);
  if (options.weight !== undefined) checkWeight(options.weight);
  if (options.waitMs !== undefined) checkedWait('waitMs', options.waitMs);
  if (options.mostWaiting !== undefined) wholeAtLeast1('mostWaiting', options.mostWaiting);
}

function checkWeight(weight: number): void {
  if (weight > 0 && weight < Infinity) return;
  throw new TypeError(`weight must be a number above 0, not ${String(weight)}`);
}

/** How long a call may wait, by its options and what holds for all. */
export function boundsOf(options: AcquireOptions, queue: Required<QueueOptions>): WaitBounds {
  const { waitMs = queue.waitMs, mostWaiting = queue.mostWaiting, signal } = options;
  return { waitMs, mostWaiting, signal };
}

function checkedWait(field: string, waitMs: number): number {
  if (waitMs >= 0 && waitMs <= LONGEST_TIMER_MS) return waitMs;
  throw new TypeError(`${field} must be a number of milliseconds from 0 to ${LONGEST_TIMER_MS}, not ${String(waitMs)}`);
}
