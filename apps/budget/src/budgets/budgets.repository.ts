import { Injectable } from '@nestjs/common';
import { ArchivableRows, Database } from '@purser/database';
import { BudgetEntity } from './budget.entity.ts';

/** Budgets. */
@Injectable()
export class BudgetsRepository {
  readonly rows: ArchivableRows<BudgetEntity>;
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
    this.rows = new ArchivableRows(database, BudgetEntity, 'budget');
  }

  /** Whether the database, which reckons the windows, knows the zone: its list may be older than the runtime's. */
  async knowsTimeZone(name: string): Promise<boolean> {
    if (name === 'UTC') return true;
    const rows = await this.#database.query('SELECT FROM pg_timezone_names WHERE lower(name) = lower($1)', [name]);
    return rows.length > 0;
  }
}
