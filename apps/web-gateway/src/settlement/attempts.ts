import { DomainError } from '@purser/errors';
import type { UsageRecord } from '@purser/contracts';
import type { UnfinishedAttempt } from '../journal/journal.ts';
import type { CloseRecord, OpenRecord } from '../journal/record.ts';
import type { Reservation } from '../leases/lease-book.ts';
import type { Finished } from './shipper.ts';

/** Attempts that are open or not settled yet: what a budget service that is away may leave in memory. */
const MOST_UNSETTLED = 100_000;

/** Where opens and closes are written; the journal, or its stand-in in a simulation. */
export interface AttemptLog {
  /** @param close where it is over already */
  open(session: string, open: OpenRecord, close?: CloseRecord): Promise<void>;
  close(usageId: string, close: CloseRecord): Promise<void>;
  acknowledge(usageIds: Iterable<string>): void;
}

/** An attempt that may be under way: close it exactly once, whatever becomes of it. */
export interface OpenAttempt {
  readonly usageId: string;
  /** Resolves when the close is written: only then may the answer's last byte go to the client. */
  close(close: CloseRecord): Promise<void>;
}

/**
 * From reservation to ledger: each attempt is written to the journal before it leaves and when it ends, then its money is
 * freed and it is shipped. Counts what each session still has to settle, so that it is known when one can be recovered.
 */
export class Attempts {
  readonly #log: AttemptLog;
  readonly #ship: (finished: Finished) => void;
  readonly #unsettled = new Map<string, number>();
  #unsettledInAll = 0;

  constructor(log: AttemptLog, ship: (finished: Finished) => void) {
    this.#log = log;
    this.#ship = ship;
  }

  /**
   * Writes the open of an attempt. After it the attempt owns the reservation; when this fails the reservation is free
   * again.
   *
   * @throws DomainError (as a rejection) `unavailable`: it must not be sent
   */
  async open(reservation: Reservation, open: OpenRecord): Promise<OpenAttempt> {
    await this.#write(reservation, open);
    return { usageId: open.usageId, close: (close) => this.#close(reservation, open, close) };
  }

  /**
   * Writes what is over already, in one line, and ships it. Resolves when it is written: only then may the answer's last
   * byte go to the client.
   *
   * @throws DomainError (as a rejection) `unavailable`: nothing was recorded
   */
  async record(reservation: Reservation, open: OpenRecord, close: CloseRecord): Promise<void> {
    await this.#write(reservation, open, close);
    reservation.close(BigInt(close.cost));
    this.#ship({ session: reservation.session, record: { ...open, ...close } });
  }

  /** Attempts of earlier sessions: shipped as they closed, or as orphans at their bound. */
  async adopt(unfinished: readonly UnfinishedAttempt[]): Promise<void> {
    // All are counted before the first is shipped: a session is recovered when none of it is left.
    for (const { session } of unfinished) this.#count(session, 1);
    for (const { session, open, close } of unfinished) {
      // Where it can't be written, the next run finds the same orphan again.
      if (!close) await this.#log.close(open.usageId, orphaned(open)).catch(() => undefined);
      this.#ship({ session, record: { ...open, ...(close ?? orphaned(open)) } });
    }
  }

  /** The budget service has settled these. */
  settled(finished: readonly Finished[]): void {
    this.#log.acknowledge(finished.map(({ record }) => record.usageId));
    for (const { session } of finished) this.#count(session, -1);
  }

  /** How many attempts of a session are open or not settled yet. */
  unsettledOf(session: string): number {
    return this.#unsettled.get(session) ?? 0;
  }

  async #write(reservation: Reservation, open: OpenRecord, close?: CloseRecord): Promise<void> {
    const { session } = reservation;
    if (this.#unsettledInAll >= MOST_UNSETTLED) {
      reservation.close(0n);
      throw new DomainError('unavailable', 'Too many finished requests wait to be settled; nothing more is sent.');
    }
    this.#count(session, 1);
    try {
      await this.#log.open(session, open, close);
    } catch (error) {
      this.#count(session, -1);
      reservation.close(0n);
      throw error;
    }
  }

  async #close(reservation: Reservation, open: OpenRecord, close: CloseRecord): Promise<void> {
    const record: UsageRecord = { ...open, ...close };
    try {
      await this.#log.close(open.usageId, close);
    } finally {
      // Also where it could not be written: memory still has it, and the next run would charge the bound.
      reservation.close(BigInt(close.cost));
      this.#ship({ session: reservation.session, record });
    }
  }

  #count(session: string, by: number): void {
    this.#unsettledInAll += by;
    const count = this.unsettledOf(session) + by;
    if (count === 0) this.#unsettled.delete(session);
    else this.#unsettled.set(session, count);
  }
}

/** Nobody knows how it ended: its bound is charged. */
function orphaned(open: OpenRecord): CloseRecord {
  return {
    cost: open.bound,
    usage: { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0 },
    status: 0,
    reason: 'orphaned',
    estimated: true,
    latencyMs: 0,
    firstByteMs: null,
  };
}
