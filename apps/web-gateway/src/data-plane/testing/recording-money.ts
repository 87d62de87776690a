import type { CloseRecord, OpenRecord } from '../../journal/record.ts';
import type { BudgetRef } from '../../configuration/snapshot.ts';
import type { Reservation } from '../../leases/lease-book.ts';
import type { OpenAttempt } from '../../settlement/attempts.ts';
import type { DataPlaneServices } from '../data-plane-services.ts';

/** An attempt as it was written to the journal. */
export interface RecordedAttempt {
  readonly open: OpenRecord;
  close?: CloseRecord;
}

/**
 * Reservations and the journal without leases or disk, with the contract of the real ones: the attempt owns its reservation
 * once it is open, and closing it frees the money. Remembers what it was asked, and can be told to refuse or to wait.
 */
export class RecordingMoney {
  readonly attempts: RecordedAttempt[] = [];
  readonly reserved: { readonly budgets: readonly string[]; readonly boundNanos: bigint; closedAt?: bigint }[] = [];
  remainingNanos: bigint | undefined = 5_000_000_000n;
  /** Asked before each reservation; may throw, or make it wait. */
  onReserve: (budgets: readonly BudgetRef[], signal: AbortSignal | undefined) => void | Promise<void> = () => undefined;
  /** Asked before each open is written. */
  onOpen: () => void | Promise<void> = () => undefined;
  /** Asked before each close is written. */
  onClose: () => void | Promise<void> = () => undefined;

  readonly reservations: DataPlaneServices['reservations'] = {
    reserve: (budgets, boundNanos, signal) => {
      const waiting = this.onReserve(budgets, signal);
      const reserve = () => this.#reserve(budgets, boundNanos);
      return waiting instanceof Promise ? waiting.then(reserve) : reserve();
    },
    remainingNanos: () => this.remainingNanos,
  };

  readonly log: DataPlaneServices['attempts'] = {
    record: async (reservation, open, close) => {
      const attempt = await this.log.open(reservation, open);
      await attempt.close(close);
    },
    open: async (reservation, open): Promise<OpenAttempt> => {
      try {
        await this.onOpen();
      } catch (error) {
        reservation.close(0n);
        throw error;
      }
      const attempt: RecordedAttempt = { open };
      this.attempts.push(attempt);
      return {
        usageId: open.usageId,
        close: async (close) => {
          if (attempt.close) throw new Error('The attempt was closed twice');
          attempt.close = close;
          try {
            await this.onClose();
          } finally {
            reservation.close(BigInt(close.cost));
          }
        },
      };
    },
  };

  /** The closes so far, in the order of their opens. */
  get closes(): readonly (CloseRecord | undefined)[] {
    return this.attempts.map(({ close }) => close);
  }

  /** What was not given back or closed; empty when all is well. */
  get leaks(): readonly string[] {
    const open = this.attempts.filter(({ close }) => !close).map(({ open: { usageId } }) => `attempt ${usageId}`);
    const held = this.reserved.filter(({ closedAt }) => closedAt === undefined);
    return [...open, ...held.map(({ boundNanos }) => `reservation of ${boundNanos}`)];
  }

  #reserve(budgets: readonly BudgetRef[], boundNanos: bigint): Reservation {
    const entry: (typeof this.reserved)[number] = { budgets: budgets.map(({ id }) => id), boundNanos };
    this.reserved.push(entry);
    return {
      leases: budgets.map(({ id }) => `lease-of-${id}`),
      session: 'session-1',
      close: (cost) => {
        if (entry.closedAt !== undefined) throw new Error('The reservation was closed twice');
        entry.closedAt = cost;
      },
    };
  }
}
