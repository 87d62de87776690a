import pg from 'pg';
import type { PostgresPool } from '@purser/pooling/postgres';
import type { QueryRunner, ReplicationMode } from 'typeorm';
import { DataSource } from 'typeorm';
import { toDomainError } from './database-errors.ts';
import type { ResolvedDatabaseOptions } from './database-options.ts';
import { primaryPool, replicaPool } from './database-pools.ts';

interface PostgresDriver {
  isReplicated: boolean;
  slaves: PostgresPool[];
}

/**
 * TypeORM takes a connection in one place only, `createQueryRunner`. Here that place asks for the current
 * transaction's runner first, so that no manager, repository or query builder can leave a transaction, wherever it was
 * made; and what the database throws becomes a domain error.
 */
export class ScopedDataSource extends DataSource {
  readonly #currentRunner: () => QueryRunner | undefined;
  readonly #openReplica: () => PostgresPool | undefined;
  readonly #pools: { primary: PostgresPool | undefined; replica: PostgresPool | undefined };

  constructor(options: ResolvedDatabaseOptions, currentRunner: () => QueryRunner | undefined) {
    const pools: { primary: PostgresPool | undefined; replica: PostgresPool | undefined } = {
      primary: undefined,
      replica: undefined,
    };
    super({
      type: 'postgres',
      url: options.url,
      schema: options.schema,
      entities: [...options.entities],
      // gen_random_uuid() is the server's own; no extension is installed.
      uuidExtension: 'pgcrypto',
      installExtensions: false,
      driver: {
        ...pg,
        // Called with `new`, when it connects; what it returns is the pool.
        Pool: function openPrimary() {
          pools.primary = primaryPool(options);
          return pools.primary;
        },
      },
      poolErrorHandler: () => {},
    });
    this.#currentRunner = currentRunner;
    this.#pools = pools;
    this.#openReplica = () => replicaPool(options);
  }

  /** Connects to the primary. The replica may be away. Nothing stays open when it fails. */
  async connect(): Promise<void> {
    try {
      await this.initialize();
    } catch (error) {
      await this.#pools.primary?.drain(0);
      throw error;
    }
    const replica = this.#openReplica();
    if (!replica) return;
    this.#pools.replica = replica;
    // Not by TypeORM's own option: that would refuse to start without the replica, and send every ordinary read to it.
    Object.assign(this.driver as unknown as PostgresDriver, { isReplicated: true, slaves: [replica] });
  }

  /** @throws Error before {@link connect} */
  get pool(): PostgresPool {
    if (!this.#pools.primary) throw new Error('The database is not connected.');
    return this.#pools.primary;
  }

  get replica(): PostgresPool | undefined {
    return this.#pools.replica;
  }

  /** The mode that TypeORM asks for does not count: its own choice for reads would be the replica. */
  override createQueryRunner(_mode?: ReplicationMode): QueryRunner {
    return this.#currentRunner() ?? this.createOwnRunner('master');
  }

  /** A runner of its own, whatever the current transaction; `slave` is the replica. */
  createOwnRunner(mode: ReplicationMode): QueryRunner {
    const runner = super.createQueryRunner(mode);
    const query = runner.query.bind(runner) as (...args: unknown[]) => Promise<unknown>;
    const mapped = (...args: unknown[]) =>
      query(...args).catch((error: unknown) => {
        throw toDomainError(error);
      });
    return Object.assign(runner, { query: mapped as typeof runner.query });
  }
}
