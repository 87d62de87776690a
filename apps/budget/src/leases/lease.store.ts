import type { SettledUsage, UsageRecord } from '@purser/contracts';
import type { LeaseRow, LedgerRow, SessionRow, WindowRow } from './rows.ts';

/** What a transaction changed, to be written at its end. */
export interface Changes {
  readonly windows: Iterable<WindowRow>;
  readonly leases: Iterable<LeaseRow>;
  readonly ledger: readonly LedgerRow[];
}

/** Windows and leases, locked. */
export interface LockedWindows {
  /** ms since the Unix epoch by the database's clock, read after the locks were taken. */
  readonly now: number;
  readonly windows: Map<string, WindowRow>;
  readonly leases: Map<string, LeaseRow>;
}

/**
 * One transaction on the money tables. Locks are taken in one order everywhere: sessions, usages, windows, leases; within
 * each by id. A lease changes only under the lock of its window.
 */
export interface LeaseTransaction {
  /** Locks sessions; unknown ids are left out. */
  lockSessions(ids: readonly string[]): Promise<{
    sessions: Map<string, SessionRow>;
    liveSessions: number;
    configVersion: number;
    /** The active leases of these sessions, in windows that last, on which a recall waits to be answered. */
    recalledLeases: string[];
  }>;
  /** Locks the sessions of a gateway that are neither closed nor this one. */
  lockSessionsOfGateway(gatewayId: string): Promise<SessionRow[]>;
  insertSession(session: { id: string; gatewayId: string }): Promise<void>;
  saveSession(session: SessionRow): Promise<void>;
  /** Sets `lastSeq`, the acknowledged configuration version, and that the session was heard of now. */
  touchSessions(seen: readonly { id: string; lastSeq: number; configVersion: number }[]): Promise<void>;

  sessionOfLease(lease: string): Promise<string | undefined>;
  /**
   * Locks the current window of each budget, made where it is missing, and the windows of the given leases; reads all
   * active leases of those windows.
   */
  lockCurrentWindows(
    budgetIds: readonly string[],
    leaseIds: readonly string[],
  ): Promise<LockedWindows & { currentWindows: Map<string, string> }>;
  /** The window of each of the given leases that exists; it never changes, so nothing is locked. */
  windowsOfLeases(leaseIds: readonly string[]): Promise<Map<string, string>>;
  /** Locks the windows of the given leases, and reads those leases, in whatever state. */
  lockWindowsOfLeases(leaseIds: readonly string[]): Promise<LockedWindows>;
  /**
   * The active leases of a session with their windows, not locked: all, or those of certain budgets and ids and those on
   * which a recall waits to be answered.
   */
  leasesOfSession(
    session: string,
    only?: { budgets: readonly string[]; leases: readonly string[] },
  ): Promise<LockedWindows>;

  /** Stores usage rows that are not there yet, in the order of their ids; gives the ids of those that were new. */
  insertUsages(batchId: string, records: readonly UsageRecord[]): Promise<Set<string>>;
  /** Takes back usage rows of this transaction. */
  discardUsages(ids: readonly string[]): Promise<void>;
  /** Sets records aside that can't be settled, for an operator to look at. */
  quarantine(records: readonly { session: string; reason: string; record: unknown }[]): Promise<void>;
  /** Hands the settled records on, in this transaction, to be published. */
  publishSettled(batchId: string, records: readonly SettledUsage[]): Promise<void>;

  save(changes: Changes): Promise<void>;
}

/** Where sessions, windows, leases and usages are kept. */
export abstract class LeaseStore {
  /** Runs `work` in one transaction: all of it is durable when this resolves, or nothing has happened. */
  abstract transaction<T>(work: (tx: LeaseTransaction) => Promise<T>): Promise<T>;
}
