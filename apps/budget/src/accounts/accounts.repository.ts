import { Injectable } from '@nestjs/common';
import { ArchivableRows, Database } from '@purser/database';
import { AccountEntity } from './account.entity.ts';

/** What keeps an account from being removed. */
export type AccountChild = 'accounts' | 'keys' | 'budgets';

/** Accounts and their place in the tree. */
@Injectable()
export class AccountsRepository {
  readonly rows: ArchivableRows<AccountEntity>;
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
    this.rows = new ArchivableRows(database, AccountEntity, 'account');
  }

  /** Whether there was ever an account, archived ones counted. */
  everHadOne(): Promise<boolean> {
    return this.rows.repository.exists();
  }

  /**
   * The path of each account, from its root down to itself. In: account ids. Out: one row for each that exists. The tree
   * has no cycle and at most `MAX_ACCOUNT_DEPTH` levels, since no write makes another.
   */
  async pathsOf(ids: readonly string[]): Promise<Map<string, string[]>> {
    const rows = await this.#database.query<{ id: string; path: string[] }>(
      `WITH RECURSIVE above AS (
        SELECT id AS account_id, id, parent_id, 1 AS height FROM accounts WHERE id = ANY($1::uuid[])
        UNION ALL
        SELECT above.account_id, a.id, a.parent_id, above.height + 1
          FROM above JOIN accounts a ON a.id = above.parent_id)
      SELECT account_id AS id, array_agg(id::text ORDER BY height DESC) AS path FROM above GROUP BY account_id`,
      [ids],
    );
    return new Map(rows.map(({ id, path }) => [id, path]));
  }

  /** How many levels the account and all below it have: 1 for one without children. In: an account id. */
  async heightOf(id: string): Promise<number> {
    const [row] = await this.#database.query<{ height: number }>(
      `WITH RECURSIVE below AS (
        SELECT id, 1 AS depth FROM accounts WHERE id = $1
        UNION ALL
        SELECT a.id, below.depth + 1 FROM below JOIN accounts a ON a.parent_id = below.id WHERE a.archived_at IS NULL)
      SELECT max(depth) AS height FROM below`,
      [id],
    );
    return row?.height ?? 1;
  }

  /**
   * The most budgets that can count for one request of an account or of one below it, were the account below that parent.
   * In: the account, its parent or null.
   */
  async mostBudgetsOnAPath(id: string, parentId: string | null): Promise<number> {
    const [row] = await this.#database.query<{ budgets: number }>(
      `WITH RECURSIVE counted AS (
        SELECT account_id, count(*)::int AS budgets FROM budgets WHERE archived_at IS NULL GROUP BY account_id),
      above AS (
        SELECT id, parent_id FROM accounts WHERE id = $2
        UNION ALL
        SELECT a.id, a.parent_id FROM above JOIN accounts a ON a.id = above.parent_id),
      below AS (
        SELECT a.id, coalesce(c.budgets, 0) AS budgets FROM accounts a LEFT JOIN counted c ON c.account_id = a.id
          WHERE a.id = $1
        UNION ALL
        SELECT a.id, below.budgets + coalesce(c.budgets, 0)
          FROM below JOIN accounts a ON a.parent_id = below.id LEFT JOIN counted c ON c.account_id = a.id
          WHERE a.archived_at IS NULL)
      SELECT coalesce((SELECT sum(budgets) FROM above JOIN counted ON account_id = above.id), 0)::int
        + coalesce((SELECT max(budgets) FROM below), 0) AS budgets`,
      [id, parentId],
    );
    return row?.budgets ?? 0;
  }

  /** The kinds of things that still belong to the account. In: an account id. */
  async childrenOf(id: string): Promise<AccountChild[]> {
    const rows = await this.#database.query<{ child: AccountChild }>(
      `SELECT child FROM (VALUES
        ('accounts', EXISTS (SELECT FROM accounts WHERE parent_id = $1 AND archived_at IS NULL)),
        ('keys', EXISTS (SELECT FROM api_keys WHERE account_id = $1 AND archived_at IS NULL)),
        ('budgets', EXISTS (SELECT FROM budgets WHERE account_id = $1 AND archived_at IS NULL))
      ) AS children (child, there) WHERE there`,
      [id],
    );
    return rows.map(({ child }) => child);
  }
}
