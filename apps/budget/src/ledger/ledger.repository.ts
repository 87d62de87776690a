import { Injectable } from '@nestjs/common';
import type { LedgerKind } from '@purser/contracts';
import { Database } from '@purser/database';

/** A ledger entry with the account of its budget. Ids and amounts are numbers of 64 bits, as text. */
export interface LedgerEntryRow {
  readonly id: string;
  readonly at: Date;
  readonly kind: LedgerKind;
  readonly account_id: string;
  readonly budget_id: string;
  readonly window_id: string;
  readonly lease_id: string | null;
  readonly batch_id: string | null;
  readonly held_delta_nanos: string;
  readonly settled_delta_nanos: string;
  readonly overrun_delta_nanos: string;
}

/** Which entries are asked for; what is undefined does not count. */
export interface LedgerFilter {
  readonly accountId?: string | undefined;
  readonly budgetId?: string | undefined;
  readonly windowId?: string | undefined;
  readonly kind?: LedgerKind | undefined;
  readonly visibleTo?: readonly string[] | undefined;
}

/** Reads the ledger, which settlement and leases write. */
@Injectable()
export class LedgerRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The newest entries that match and are older than the entry `before`; all where it is null. No locks. */
  readBefore(before: string | null, filter: LedgerFilter, limit: number): Promise<LedgerEntryRow[]> {
    const { accountId, budgetId, windowId, kind, visibleTo } = filter;
    const given: [condition: string, value: string | readonly string[] | null | undefined][] = [
      ['e.id < ?', before],
      ['b.account_id = ?', accountId],
      ['b.account_id = ANY(?)', visibleTo],
      ['e.budget_id = ?', budgetId],
      ['e.window_id = ?', windowId],
      ['e.kind = ?', kind],
    ];
    const conditions = given.filter(([, value]) => value != null);
    const where = conditions.map(([condition], i) => condition.replace('?', () => `$${i + 2}`)).join(' AND ') || 'true';
    return this.#database.query<LedgerEntryRow & Record<string, unknown>>(
      `SELECT e.id, e.at, e.kind, b.account_id, e.budget_id, e.window_id, e.lease_id, e.batch_id,
          e.held_delta_nanos, e.settled_delta_nanos, e.overrun_delta_nanos
        FROM ledger_entries e JOIN budgets b ON b.id = e.budget_id
        WHERE ${where} ORDER BY e.id DESC LIMIT $1`,
      [limit, ...conditions.map(([, value]) => value)],
    );
  }
}
