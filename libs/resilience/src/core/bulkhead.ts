import { duration, name, onlyFields, whole } from './check.ts';
import { systemClock, type Clock, type Timer } from './clock.ts';
import { neverAborted } from './deadline.ts';
import { BulkheadFull } from './errors.ts';

export interface BulkheadOptions {
  /** Whom {@link BulkheadFull} names. Default `call`. */
  readonly name?: string;
  /** How many calls may be under way at once. */
  readonly maxConcurrent: number;
  /** How many more may wait for one to end. Default 0. */
  readonly maxQueued?: number;
  /** How long each waits at most. Default 1 000. */
  readonly maxWaitMs?: number;
  readonly clock?: Clock;
}

/** A bulkhead now, and (`refused`, `waitedTooLong`) since it was made. */
export interface BulkheadStatistics {
  readonly active: number;
  readonly queued: number;
  /** Calls that found the queue full. */
  readonly refused: number;
  readonly waitedTooLong: number;
}

interface Waiter {
  readonly admit: () => void;
}

const FIELDS = ['name', 'maxConcurrent', 'maxQueued', 'maxWaitMs', 'clock'];

/**
 * Lets so many calls be under way at once, so that a slow dependency takes a bounded part of the process. The others wait,
 * first come first served, as many and as long as is said.
 */
export class Bulkhead {
  readonly #name: string;
  readonly #maxConcurrent: number;
  readonly #maxQueued: number;
  readonly #maxWaitMs: number;
  readonly #clock: Clock;
  /** In the order of their coming. */
  readonly #queue = new Set<Waiter>();
  #active = 0;
  #refused = 0;
  #waitedTooLong = 0;

  /** @throws TypeError naming the option that is out of its bounds, with `field` before it */
  constructor(options: BulkheadOptions, field = 'bulkhead') {
    onlyFields(field, options, FIELDS);
    this.#name = name(`${field}.name`, options.name ?? 'call');
    this.#maxConcurrent = whole(`${field}.maxConcurrent`, options.maxConcurrent, 1);
    this.#maxQueued = whole(`${field}.maxQueued`, options.maxQueued ?? 0, 0);
    this.#maxWaitMs = duration(`${field}.maxWaitMs`, options.maxWaitMs ?? 1_000);
    this.#clock = options.clock ?? systemClock;
  }

  /** Takes a place if one is free. Who gets true calls {@link leave}, once. */
  tryEnter(): boolean {
    if (this.#active >= this.#maxConcurrent) return false;
    this.#active += 1;
    return true;
  }

  /**
   * Waits for a place. Who gets it calls {@link leave}, once.
   *
   * @throws BulkheadFull, or the signal's reason (as a rejection), with no place taken
   */
  async enter(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.tryEnter()) return;
    if (this.#queue.size >= this.#maxQueued) {
      this.#refused += 1;
      throw new BulkheadFull(this.#name, 'queue-full');
    }
    await this.#waitForPlace(signal);
  }

  /** Gives a place back; who has waited longest gets it. */
  leave(): void {
    const [next] = this.#queue;
    if (next) next.admit();
    else this.#active -= 1;
  }

  /** Does the work in a place. @throws BulkheadFull, the signal's reason, or the work's own error */
  async execute<T>(work: () => Promise<T>, signal: AbortSignal = neverAborted): Promise<T> {
    signal.throwIfAborted();
    if (!this.tryEnter()) await this.enter(signal);
    try {
      return await work();
    } finally {
      this.leave();
    }
  }

  statistics(): BulkheadStatistics {
    return {
      active: this.#active,
      queued: this.#queue.size,
      refused: this.#refused,
      waitedTooLong: this.#waitedTooLong,
    };
  }

  #waitForPlace(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (): void => {
        this.#queue.delete(waiter);
        this.#clock.clearTimer(timer);
        signal.removeEventListener('abort', onAbort);
      };
      const onAbort = (): void => {
        end();
        reject(signal.reason as Error);
      };
      const onTime = (): void => {
        end();
        this.#waitedTooLong += 1;
        reject(new BulkheadFull(this.#name, 'waited-too-long'));
      };
      const waiter: Waiter = {
        admit: () => {
          end();
          resolve();
        },
      };
      const timer: Timer = this.#clock.setTimer(onTime, this.#maxWaitMs);
      this.#queue.add(waiter);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }
}
