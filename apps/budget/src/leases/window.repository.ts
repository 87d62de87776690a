import { Injectable } from '@nestjs/common';
import type { Budget } from '@purser/contracts';
import { Database } from '@purser/database';
import { formatUsd } from '@purser/money';
import { v7 as uuidv7 } from 'uuid';
import { windowOf, type RawWindow } from './lease.columns.ts';
import * as sql from './lease.sql.ts';
import { remainingOf } from './rows.ts';

/** The windows of budgets, for those who only look at them or change their limits. */
@Injectable()
export class WindowRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The current window of each budget by budget id, made where it is missing. */
  async currentOf(budgetIds: readonly string[]): Promise<Map<string, Budget['current']>> {
    if (budgetIds.length === 0) return new Map();
    let rows = await this.#current(budgetIds);
    const missing = budgetIds.filter((id) => !rows.some((row) => row.budget_id === id)).sort();
    if (missing.length > 0) {
      await this.#database.query(sql.insertCurrentWindows, [missing, missing.map(() => uuidv7())]);
      rows = [...rows, ...(await this.#current(missing))];
    }
    return new Map(rows.map((row) => [row.budget_id, totalsOf(row)]));
  }

  /** A budget's limit or hardness was changed: in force for its current window when the transaction commits. */
  async applyBudgetChange(budgetId: string): Promise<void> {
    await this.#database.query(sql.applyBudgetChange, [budgetId]);
  }

  #current(budgetIds: readonly string[]): Promise<(RawWindow & { starts_at: Date })[]> {
    return this.#database.query<RawWindow & { starts_at: Date }>(sql.currentWindows, [budgetIds]);
  }
}

function totalsOf(raw: RawWindow & { starts_at: Date }): Budget['current'] {
  const window = windowOf(raw);
  const remaining = remainingOf(window);
  return {
    startsAt: raw.starts_at.toISOString(),
    endsAt: window.endsAt === null ? null : new Date(window.endsAt).toISOString(),
    limitUsd: formatUsd(window.limit),
    settledUsd: formatUsd(window.settled),
    heldUsd: formatUsd(window.held),
    overrunUsd: formatUsd(window.overrun),
    remainingUsd: formatUsd(remaining < 0n ? 0n : remaining),
  };
}
