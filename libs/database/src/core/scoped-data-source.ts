import pg from 'pg';
import type { QueryRunner, ReplicationMode } from 'typeorm';
import { DataSource } from 'typeorm';
import { BoundedPool } from './bounded-pool.ts';
import { connectionConfig } from './connection-settings.ts';
import { toDomainError } from './database-errors.ts';
import type { ResolvedDatabaseOptions } from './database-options.ts';

/** Beyond the server's own limit for a statement: only a dead connection keeps silent for so long. */
const DEAD_CONNECTION_GRACE_MS = 5_000;

/**
 * TypeORM takes a connection in one place only, `createQueryRunner`. Here that place asks for the current
 * transaction's runner first, so that no manager, repository or query builder can leave a transaction, wherever it was
 * made; and what the database throws becomes a domain error.
 */
export class ScopedDataSource extends DataSource {
  readonly #currentRunner: () => QueryRunner | undefined;

  constructor(options: ResolvedDatabaseOptions, currentRunner: () => QueryRunner | undefined) {
    const config = connectionConfig(options);
    super({
      type: 'postgres',
      url: config.connectionString,
      schema: options.schema,
      entities: [...options.entities],
      // gen_random_uuid() is the server's own; no extension is installed.
      uuidExtension: 'pgcrypto',
      installExtensions: false,
      poolSize: options.poolMax,
      driver: { ...pg, Pool: BoundedPool },
      poolErrorHandler: (error) => options.onBackgroundError('An idle database connection was lost', error),
      extra: {
        ...config,
        queueMax: options.poolQueueMax,
        pipeline: true,
        statement_timeout: options.statementTimeoutMs,
        // A process that was stopped in the middle of a transaction must not hold its locks for ever.
        idle_in_transaction_session_timeout: options.statementTimeoutMs,
        query_timeout: options.statementTimeoutMs + DEAD_CONNECTION_GRACE_MS,
      },
    });
    this.#currentRunner = currentRunner;
  }

  get pool(): BoundedPool {
    return (this.driver as unknown as { master: BoundedPool }).master;
  }

  override createQueryRunner(mode?: ReplicationMode): QueryRunner {
    return this.#currentRunner() ?? this.createOwnRunner(mode);
  }

  /** A runner of its own, whatever the current transaction. */
  createOwnRunner(mode?: ReplicationMode): QueryRunner {
    const runner = super.createQueryRunner(mode);
    const query = runner.query.bind(runner) as (...args: unknown[]) => Promise<unknown>;
    const mapped = (...args: unknown[]) =>
      query(...args).catch((error: unknown) => {
        throw toDomainError(error);
      });
    return Object.assign(runner, { query: mapped as typeof runner.query });
  }
}
