import { Injectable } from '@nestjs/common';
import { Database } from '@purser/database';
import { StoredRows } from '../resources/stored-rows.ts';
import { BudgetEntity } from './budget.entity.ts';

/** Budgets. */
@Injectable()
export class BudgetsRepository {
  readonly rows: StoredRows<BudgetEntity>;
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
    this.rows = new StoredRows(database, BudgetEntity, 'budget');
  }

  /** Whether the database, which reckons the windows, knows the zone: its list may be older than the runtime's. */
  async knowsTimeZone(name: string): Promise<boolean> {
    if (name === 'UTC') return true;
    const rows = await this.#database.query('SELECT FROM pg_timezone_names WHERE lower(name) = lower($1)', [name]);
    return rows.length > 0;
  }
}
