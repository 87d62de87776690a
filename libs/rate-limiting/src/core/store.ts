import type { Limit, RateLimit, SlotLimit } from './limit.ts';

/** What is asked of one limit. */
export interface Demand<L extends Limit = Limit> {
  readonly limit: L;
  /** Whose bucket or slots: a key's id, a provider's, an address. Any text of at most 256 characters. */
  readonly subject: string;
  /** Of a rate: how much is taken, a number from 0 to 1e12. Default 1. Of slots always 1. */
  readonly cost?: number;
}

/** How a limit stands for a subject, after what was asked was decided. */
export interface Standing {
  readonly limit: Limit;
  readonly subject: string;
  /** What could be taken now: of a rate rounded down, below 0 where more is owed than was there. */
  readonly remaining: number;
  /** Until all of it is there again; of slots 0, since nobody knows. */
  readonly resetMs: number;
}

/** A slot that is held, as the store knows it. */
export interface SlotHold {
  readonly limit: SlotLimit;
  readonly subject: string;
  /** Unique among all processes. */
  readonly lease: string;
}

/** Why nothing was taken: the first of the demands that did not fit. */
export interface Refused {
  readonly allowed: false;
  /** Where in the demands it is. A rate that does not fit goes before slots, as waiting helps only with these. */
  readonly by: number;
  /**
   * When to try again: of a rate when that much will be there; of slots a guess. Undefined where it never will: the cost is
   * above the capacity.
   */
  readonly retryAfterMs: number | undefined;
  readonly standings: readonly Standing[];
}

/** All of it was taken. */
export interface Taken {
  readonly allowed: true;
  /** One for each slot demanded, in the order of the demands. */
  readonly holds: readonly SlotHold[];
  readonly standings: readonly Standing[];
}

export type Decision = Taken | Refused;

/** Who asks, where several ask for the same slots: see {@link LimitStore.take}. */
export interface Asker {
  /** Between whom it is fair: a key's id. */
  readonly client: string;
  /** Its part beside others that wait. Default 1. */
  readonly weight?: number;
  /** Whether it comes again soon when it gets no slot. */
  readonly waits: boolean;
  /** Where it waits already. A store of many processes knows by it of those that wait behind whoever asks. */
  readonly line?: WaitingLine;
}

/** Who waits at a process for the slots of one subject. */
export interface WaitingLine {
  readonly limitName: string;
  readonly subject: string;
  /** So many of the clients at most. */
  clients(most: number): readonly WaitingClient[];
}

/** A client, and how many of its callers wait. */
export interface WaitingClient {
  readonly client: string;
  readonly weight: number;
  readonly waiting: number;
}

/** More, or (below 0) less, of a rate than was taken. */
export interface Correction {
  readonly limit: RateLimit;
  readonly subject: string;
  readonly by: number;
}

/**
 * Where buckets and slots are kept. All stores are held to the suite in `@purser/rate-limiting/testing`.
 *
 * Costs, subjects and limits have been checked by whoever calls. A limit may change between two calls: a bucket then keeps
 * the part of it that is used, not the number.
 */
export interface LimitStore {
  /**
   * Takes all that is demanded, or nothing of it. A store that can decide at once does, without a promise.
   *
   * Of slots for which clients wait at several processes, none gives a client more than its fair part while others wait.
   */
  take(demands: readonly Demand[], asker: Asker): Decision | Promise<Decision>;
  /** How the limits stand, taking nothing. */
  look(demands: readonly Demand[]): readonly Standing[] | Promise<readonly Standing[]>;
  /** Never refuses: what is owed beyond a bucket, at most 1e12, is paid by its refill. */
  correct(corrections: readonly Correction[]): void | Promise<void>;
  /** Gives slots back; what is not held any more is passed over. */
  release(holds: readonly SlotHold[]): void | Promise<void>;
  /** Prolongs leases. @returns those that had ended, and are lost */
  renew(holds: readonly SlotHold[]): readonly SlotHold[] | Promise<readonly SlotHold[]>;
  /** Makes buckets full, or slots free, whoever holds them. */
  reset(demands: readonly Demand[]): void | Promise<void>;
  /**
   * Calls back when slots of a subject came free at another process; the result ends that. Where it is not there whoever waits
   * looks every 25 ms; where it is, every second, for leases that ended.
   */
  readonly onFreed?: ((listener: (limitName: string, subject: string) => void) => () => void) | undefined;
  /** Ends what the store has running. May be called again. */
  close(): void | Promise<void>;
}
