import type { UsageRecord } from '@purser/contracts';
import type { DomainError } from '@purser/errors';
import type { UnfinishedAttempt } from '../journal/journal.ts';
import type { Clock } from '../leases/clock.ts';
import { LeaseBook } from '../leases/lease-book.ts';
import { LeaseSession, type LeaseTransport } from '../leases/lease-session.ts';
import { Recovery } from '../recovery/recovery.ts';
import { Attempts, type AttemptLog } from '../settlement/attempts.ts';
import { Shipper, type Finished, type SettlementTransport } from '../settlement/shipper.ts';

/** The gateway's journal, as far as spending goes. */
export interface SpendingJournal extends AttemptLog {
  readonly gatewayId: string;
  readonly trusted: boolean;
  readonly writable: boolean;
  readonly unfinished: readonly UnfinishedAttempt[];
  accepted(): void;
}

export interface SpendingOptions {
  /** How long a request may wait for money that is in flight elsewhere. */
  readonly budgetWaitMs: number;
  readonly configVersion: () => number;
  readonly onConfigVersion: (version: number) => void;
  /** The budget service could make nothing of a lease message; those who asked in it were failed. */
  readonly onRefused: (error: DomainError) => void;
  /** The budget service could not make sense of a record and set it aside. */
  readonly onMalformed: (record: UsageRecord) => void;
}

const POLL_MS = 10;

/**
 * The gateway's side of the money protocol in one piece: reservations from leases, attempts in the journal, settlement,
 * and the recovery of earlier sessions. Everything outside (clock, network, disk) is handed in.
 */
export class Spending {
  readonly book: LeaseBook;
  readonly attempts: Attempts;
  readonly #clock: Clock;
  readonly #journal: SpendingJournal;
  readonly #session: LeaseSession;
  readonly #shipper: Shipper;
  readonly #recovery: Recovery;

  constructor(
    clock: Clock,
    transport: LeaseTransport & SettlementTransport,
    journal: SpendingJournal,
    options: SpendingOptions,
  ) {
    this.#clock = clock;
    this.#journal = journal;
    this.book = new LeaseBook(clock, options);
    this.#shipper = new Shipper(clock, transport, {
      onSettled: (finished) => this.#onSettled(finished),
      onMalformed: options.onMalformed,
    });
    this.attempts = new Attempts(journal, (finished) => this.#shipper.ship(finished));
    this.#recovery = new Recovery(clock, transport, this.attempts);
    this.#session = new LeaseSession(clock, this.book, transport, {
      gatewayId: journal.gatewayId,
      trusted: () => journal.trusted,
      configVersion: options.configVersion,
      onConfigVersion: options.onConfigVersion,
      onRefused: options.onRefused,
      onAccepted: (olds) => this.#onAccepted(olds),
    });
  }

  /** Ships what earlier runs left and begins a session; resolves when the budget service accepted it. */
  async start(): Promise<void> {
    await Promise.all([this.#recovery.adopt(this.#journal.unfinished), this.#session.start()]);
  }

  /** Whether requests can be paid: the session is accepted and answered, and the journal can be written. */
  get ready(): boolean {
    return this.#session.accepted && this.book.usable && this.#journal.writable;
  }

  /** Finished attempts that the budget service has not acknowledged. */
  get unsettled(): number {
    return this.#shipper.waiting;
  }

  /** Earlier sessions whose money is not given back yet. */
  get unrecovered(): number {
    return this.#recovery.pending;
  }

  recall(window: string, epoch: number): void {
    this.book.recall(window, epoch);
  }

  acknowledgeVersion(): void {
    this.#session.acknowledgeVersion();
  }

  /** Gives all free money back. Resolves to whether the budget service confirmed it in time. */
  release(timeoutMs: number): Promise<boolean> {
    this.book.returnAll();
    return this.#until(() => this.book.isEmpty, timeoutMs);
  }

  /** Ships all finished attempts. Resolves to whether they were acknowledged in time; the journal keeps the others. */
  flush(timeoutMs: number): Promise<boolean> {
    this.#shipper.flush();
    return this.#until(() => this.#shipper.waiting === 0, timeoutMs);
  }

  stop(): void {
    this.#session.stop();
    this.#shipper.stop();
    this.#recovery.stop();
  }

  #onSettled(finished: readonly Finished[]): void {
    this.attempts.settled(finished);
    for (const { record } of finished) this.book.settled(record.leases, BigInt(record.bound), BigInt(record.cost));
  }

  #onAccepted(olds: readonly { session: string; waitMs: number }[]): void {
    this.#journal.accepted();
    for (const { session, waitMs } of olds) this.#recovery.recover(session, waitMs);
  }

  #until(condition: () => boolean, timeoutMs: number): Promise<boolean> {
    const deadline = this.#clock.now() + timeoutMs;
    return new Promise((resolve) => {
      const look = (): void => {
        if (condition()) resolve(true);
        else if (this.#clock.now() >= deadline) resolve(false);
        else this.#clock.after(POLL_MS, look);
      };
      look();
    });
  }
}
