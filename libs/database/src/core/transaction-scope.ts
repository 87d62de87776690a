import type pg from 'pg';
import type { QueryRunner } from 'typeorm';
import { DomainError } from '@purser/errors';
import { cutConnection, isConnected } from '@purser/pooling/postgres';
import { breaksConnection } from './database-errors.ts';

export type IsolationLevel = 'READ COMMITTED' | 'REPEATABLE READ' | 'SERIALIZABLE';

/** What code inside `Database.pooledClient` runs in: it has a connection of its own and must use that one. */
export const rawClientScope = Symbol('raw client');

/** What a transaction begins with. */
export interface BeginOptions {
  readonly isolation?: IsolationLevel | undefined;
  readonly statementTimeoutMs?: number | undefined;
  readonly readOnly: boolean;
}

/**
 * One open transaction. Everything that goes through the database while it is the current scope uses its query runner;
 * once it has ended, what still comes (a promise that nobody awaited) is refused, since its connection may by then be
 * in another transaction.
 */
export class TransactionScope {
  readonly isolation: IsolationLevel | undefined;
  readonly afterCommit: (() => unknown)[] = [];
  readonly #runner: QueryRunner;
  readonly #client: pg.PoolClient;
  readonly #release: (error?: Error) => Promise<void>;
  readonly #aborted = Promise.withResolvers<never>();
  #ended = false;
  #failure: { error: unknown } | undefined;

  private constructor(runner: QueryRunner, client: pg.PoolClient, isolation: IsolationLevel | undefined) {
    this.#runner = runner;
    this.#client = client;
    this.isolation = isolation;
    const { releasePostgresConnection } = runner as unknown as { releasePostgresConnection(e?: Error): Promise<void> };
    this.#release = releasePostgresConnection.bind(runner);
    this.#aborted.promise.catch(() => {});
    // TypeORM releases whatever runner it was handed for one statement; this one lives as long as the transaction.
    runner.release = () => Promise.resolve();
  }

  /** Takes a connection and begins. `statementTimeoutMs` narrows the connection's own limit for this transaction. */
  static async begin(
    runner: QueryRunner,
    { isolation, statementTimeoutMs, readOnly }: BeginOptions,
  ): Promise<TransactionScope> {
    const client = (await runner.connect()) as pg.PoolClient;
    const scope = new TransactionScope(runner, client, isolation);
    try {
      await runner.startTransaction(isolation);
      if (readOnly) await client.query('set transaction read only');
      if (statementTimeoutMs) await client.query(`set local statement_timeout = ${Math.ceil(statementTimeoutMs)}`);
      return scope;
    } catch (error) {
      await scope.abort('The transaction could not begin.');
      throw error;
    }
  }

  /** @throws Error when the transaction has ended. */
  get runner(): QueryRunner {
    this.#assertOpen();
    return this.#runner;
  }

  /** @throws Error when the transaction has ended. */
  get client(): pg.PoolClient {
    this.#assertOpen();
    return this.#client;
  }

  /** Whether its connection is still there, as far as this side knows. */
  get isConnected(): boolean {
    return isConnected(this.#client);
  }

  /** A joined transaction failed: the whole can only be rolled back, whatever the outer one makes of the error. */
  fail(error: unknown): void {
    this.#failure ??= { error };
  }

  /** @throws what made it void, if anything; then it has yet to be rolled back. */
  async commit(): Promise<void> {
    if (this.#failure) throw this.#failure.error;
    this.#ended = true;
    try {
      const { command } = await this.#client.query('commit');
      // The server answers a commit of a failed transaction with a rollback, and calls it a success.
      if (command !== 'COMMIT') {
        throw new Error('The transaction was rolled back: a statement in it had failed, and its error was swallowed.');
      }
      await this.#release();
    } catch (error) {
      await this.#endBroken(error);
      throw breaksConnection(error) ? outcomeUnknown(error) : error;
    }
  }

  /** Does nothing when the transaction has ended. */
  async rollback(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    try {
      await this.#client.query('rollback');
      await this.#release();
    } catch (error) {
      await this.#endBroken(error);
    }
  }

  /** Rejects when the transaction is aborted; never settles otherwise. */
  get aborted(): Promise<never> {
    return this.#aborted.promise;
  }

  /** Rolls back without waiting for whatever runs in it: by closing the connection. */
  async abort(reason: string): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    const error = new DomainError('unavailable', reason);
    this.#aborted.reject(error);
    cutConnection(this.#client);
    await this.#release(error);
  }

  async #endBroken(error: unknown): Promise<void> {
    await this.#release(breaksConnection(error) ? (error as Error) : undefined);
  }

  #assertOpen(): void {
    if (this.#ended) {
      throw new Error('A query came after its transaction had ended: something in the transaction was not awaited.');
    }
  }
}

function outcomeUnknown(cause: unknown): DomainError {
  return new DomainError(
    'unavailable',
    'The connection was lost during a commit: whether it took effect is not known.',
    { outcome: 'unknown' },
    { cause },
  );
}
