import type { UsageRecord } from '@purser/contracts';
import { closeIfDone } from '../leases/grant.ts';
import { restOf, type LeaseRow, type LedgerRow, type WindowRow } from '../leases/rows.ts';

/** The rows that one settlement works on, all locked; it changes them in place. */
export interface SettleState {
  readonly batchId: string;
  /** ms since the Unix epoch by the database's clock. */
  readonly now: number;
  readonly windows: ReadonlyMap<string, WindowRow>;
  /** Every lease that a record names, in whatever state. */
  readonly leases: ReadonlyMap<string, LeaseRow>;
}

/** What a settlement did beside changing the rows. */
export interface SettleOutcome {
  readonly changedWindows: Set<WindowRow>;
  readonly changedLeases: Set<LeaseRow>;
  /** One entry for each window that paid. */
  readonly ledger: LedgerRow[];
}

/**
 * Charges finished attempts, each of which must be new, to the windows of the leases that they were reserved from.
 *
 * What is covered by a lease moves from held to settled. A measured cost is charged whole, also where it exceeds what
 * the lease still covers: the excess is an overrun. An estimated cost never charges more than is covered, unless an
 * operator released the lease, whose money is held no longer.
 */
export function settle(state: SettleState, records: readonly UsageRecord[]): SettleOutcome {
  const outcome: SettleOutcome = { changedWindows: new Set(), changedLeases: new Set(), ledger: [] };
  const totals = new Map<WindowRow, { held: bigint; settled: bigint; overrun: bigint }>();
  for (const record of records) {
    for (const leaseId of record.leases) {
      const lease = state.leases.get(leaseId);
      const window = lease && state.windows.get(lease.window);
      if (!lease || !window) throw new Error(`lease ${leaseId} of usage ${record.usageId} is not locked`);
      const { covered, charge } = chargeOf(record, lease);
      lease.settled += covered;
      closeIfDone(lease, window, state.now);
      window.held -= covered;
      window.settled += charge;
      window.overrun += charge - covered;
      outcome.changedLeases.add(lease);
      outcome.changedWindows.add(window);
      const total = totals.get(window) ?? { held: 0n, settled: 0n, overrun: 0n };
      total.held -= covered;
      total.settled += charge;
      total.overrun += charge - covered;
      totals.set(window, total);
    }
  }
  for (const [window, total] of totals) {
    outcome.ledger.push({
      kind: 'settle',
      budgetId: window.budgetId,
      window: window.id,
      lease: null,
      batch: state.batchId,
      ...total,
    });
  }
  return outcome;
}

function chargeOf(record: UsageRecord, lease: LeaseRow): { covered: bigint; charge: bigint } {
  const cost = BigInt(record.cost);
  const covered = least(cost, BigInt(record.bound), restOf(lease));
  return { covered, charge: !record.estimated || lease.state === 'released' ? cost : covered };
}

function least(...values: [bigint, ...bigint[]]): bigint {
  return values.reduce((a, b) => (b < a ? b : a));
}
