import { AsyncLocalStorage } from 'node:async_hooks';
import type pg from 'pg';
import type { EntityManager, EntityTarget, ObjectLiteral, ReplicationMode, Repository } from 'typeorm';
import { DomainError } from '@purser/errors';
import type { Metric, PoolStats } from '@purser/pooling/core';
import { cutConnection, type PostgresPool } from '@purser/pooling/postgres';
import { awaitMigrations } from './await-migrations.ts';
import { breaksConnection, toDomainError } from './database-errors.ts';
import type { DatabaseOptions, ResolvedDatabaseOptions } from './database-options.ts';
import { resolveOptions } from './database-options.ts';
import { migrate } from './migrate.ts';
import { isFailureOfReplica, isUnreachable, ReplicaAwayError, ReplicaReads } from './replica-reads.ts';
import { ScopedDataSource } from './scoped-data-source.ts';
import type { IsolationLevel } from './transaction-scope.ts';
import { rawClientScope, TransactionScope } from './transaction-scope.ts';

export interface TransactionOptions {
  /** Default: the server's, which is READ COMMITTED unless somebody changed it. */
  readonly isolation?: IsolationLevel;
  /** For the whole transaction; then it is rolled back and fails as `unavailable`. Default 30 000. */
  readonly timeoutMs?: number;
}

type Scope = TransactionScope | typeof rawClientScope;

const TRANSACTION_TIMEOUT_MS = 30_000;
const CUT_GRACE_MS = 1_000;

/**
 * A service's way to its schema. Inside `transaction`, everything that goes through this object (also through managers,
 * repositories and query builders made from it earlier) uses the transaction's connection: a query can't escape its
 * transaction. A transaction inside a transaction joins it.
 *
 * What the database refuses comes as a `DomainError`: `conflict`, `invalid_request`, `concurrent_change`, `unavailable`.
 */
export class Database {
  readonly #dataSource: ScopedDataSource;
  readonly #pool: PostgresPool;
  readonly #replicaReads = new ReplicaReads();
  readonly #scopes: AsyncLocalStorage<Scope>;
  readonly #options: ResolvedDatabaseOptions;
  readonly #open = new Set<TransactionScope>();
  #inFlight = 0;
  #drained: (() => void) | undefined;
  #closed: Promise<void> | undefined;

  private constructor(
    dataSource: ScopedDataSource,
    scopes: AsyncLocalStorage<Scope>,
    options: ResolvedDatabaseOptions,
  ) {
    this.#dataSource = dataSource;
    this.#pool = dataSource.pool;
    this.#scopes = scopes;
    this.#options = options;
    // TypeORM's own way to begin would open a transaction that the rest of this class knows nothing of.
    const { manager } = dataSource;
    const savepoint = manager.transaction.bind(manager) as (...args: unknown[]) => Promise<unknown>;
    const transaction = (...args: unknown[]) =>
      currentTransaction(scopes) ? savepoint(...args) : this.transaction(() => savepoint(...args), isolationOf(args));
    Object.assign(manager, { transaction });
  }

  /**
   * Migrates, or waits for who does, and connects. Nothing stays open when it fails.
   *
   * @throws DomainError `unavailable` when the server can't be reached, or nobody has migrated the schema in time; else
   * what the server said (a wrong password).
   */
  static async open(given: DatabaseOptions): Promise<Database> {
    const options = resolveOptions(given);
    const scopes = new AsyncLocalStorage<Scope>();
    const dataSource = new ScopedDataSource(options, () => currentTransaction(scopes)?.runner);
    try {
      if (options.migrateAtStart) {
        await migrate({ ...options, direction: 'up', lockTimeoutMs: options.migrationTimeoutMs });
      } else {
        await awaitMigrations({ ...options, timeoutMs: options.migrationTimeoutMs });
      }
      await dataSource.connect();
    } catch (error) {
      throw toDomainError(error);
    }
    return new Database(dataSource, scopes, options);
  }

  /** TypeORM's manager; inside a transaction all it does, and all that is made of it, belongs to the transaction. */
  get manager(): EntityManager {
    return this.#dataSource.manager;
  }

  /** Short for `manager.getRepository`; may be kept, also across transactions. */
  repository<T extends ObjectLiteral>(entity: EntityTarget<T>): Repository<T> {
    return this.#dataSource.getRepository(entity);
  }

  /**
   * Runs one SQL statement and returns its rows. `bigint` columns come as strings. Give a statement that runs often a
   * name (`{ name, text }`): the server then parses it once per connection.
   */
  async query<R extends pg.QueryResultRow = pg.QueryResultRow>(
    statement: string | Pick<pg.QueryConfig, 'name' | 'text'>,
    values?: readonly unknown[],
  ): Promise<R[]> {
    const run = async (client: pg.PoolClient) => (await client.query<R>(statement, values as unknown[])).rows;
    const transaction = currentTransaction(this.#scopes);
    if (!transaction) return this.#withConnection(run);
    try {
      return await run(transaction.client);
    } catch (error) {
      throw toDomainError(error);
    }
  }

  /**
   * Runs `work` in a transaction: commits when it resolves, rolls back when it throws. Within another transaction it
   * joins that one, whose isolation and deadline then hold, and a failure of it dooms the whole. `work` must await
   * everything that it starts.
   *
   * @throws Error when the joined transaction has another isolation than the one asked for.
   */
  async transaction<T>(work: () => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    const outer = currentTransaction(this.#scopes);
    return outer ? this.#join(outer, work, options) : this.#inOwn('master', work, options);
  }

  /**
   * Runs `work`, which only reads and may be some time behind, on the replica: in a read-only transaction there, to which
   * everything belongs that goes through this object. It is the primary's where there is no replica, or it is away (then
   * `work` may have begun on the replica, and runs again). Within a transaction it belongs to that one.
   *
   * @throws DomainError `unavailable` where all connections to the replica are in use for too long
   */
  async readOnly<T>(work: () => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    if (currentTransaction(this.#scopes)) return this.transaction(work, options);
    const onPrimary = () => (options.isolation === undefined ? work() : this.transaction(work, options));
    if (!this.#dataSource.replica) return onPrimary();
    return this.#replicaReads.run(() => this.#inOwn('slave', work, options), onPrimary);
  }

  #inOwn<T>(where: ReplicationMode, work: () => Promise<T>, options: TransactionOptions): Promise<T> {
    return this.#counted(async () => {
      const scope = await this.#begin(where, options);
      let result: T;
      try {
        result = await this.#withDeadline(scope, work, options.timeoutMs ?? TRANSACTION_TIMEOUT_MS);
        await scope.commit();
      } catch (error) {
        const ofReplica = where === 'slave' && isFailureOfReplica(toDomainError(error), scope.isConnected);
        await scope.rollback();
        if (ofReplica) throw new ReplicaAwayError(error);
        if (mayBeCommitted(error)) await this.#runHooks(scope);
        throw toDomainError(error);
      } finally {
        this.#open.delete(scope);
      }
      await this.#runHooks(scope);
      return result;
    });
  }

  /**
   * Has `hook` run once the current transaction is committed, or may be because the connection was lost during the commit;
   * never if it is rolled back; at once where there is no transaction. `transaction` waits for its hooks; one that fails is reported to `onBackgroundError`, since the
   * transaction itself stands.
   */
  async afterCommit(hook: () => unknown): Promise<void> {
    const transaction = currentTransaction(this.#scopes);
    if (transaction) transaction.afterCommit.push(hook);
    else await hook();
  }

  /**
   * Lends `work` a connection of its own, for statements that it sends itself with as few round trips as it likes:
   * queries are pipelined, so `begin`, statements and `commit` may be sent together and awaited together. `work` must
   * await all of them and end its transaction; on an error it is rolled back here.
   *
   * @throws Error inside a transaction, and for whatever else goes through the database inside `work`: both would be
   * on another connection.
   */
  pooledClient<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    if (currentTransaction(this.#scopes)) {
      throw new Error('pooledClient inside a transaction would run outside of it: use query.');
    }
    return this.#withConnection(async (client) => {
      try {
        const result = await this.#scopes.run(rawClientScope, work, client);
        if (client.getTransactionStatus() === 'I') return result;
        throw new Error('The work of pooledClient left its transaction open; it was rolled back.');
      } catch (error) {
        if (!breaksConnection(error)) await client.query('rollback');
        throw error;
      }
    });
  }

  /** Resolves when the database answers; for health checks. @throws DomainError `unavailable` after `timeoutMs`. */
  async ping(timeoutMs: number): Promise<void> {
    const answered = this.#withConnection((client) =>
      client.query({ text: 'select', query_timeout: timeoutMs } as pg.QueryConfig),
    );
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => reject(new DomainError('unavailable', `The database did not answer within ${timeoutMs} ms.`)),
      timeoutMs,
    );
    await Promise.race([answered, late]).finally(() => clearTimeout(timer));
  }

  /** Of the primary's pool, and then of the replica's where there is one. */
  poolStats(): readonly PoolStats[] {
    return this.#pools().map((pool) => pool.stats());
  }

  /** Reads that were meant for the replica and went to the primary because it was away, as a metric. */
  replicaMetrics(): Metric[] {
    return [
      {
        name: 'pool_replica_fallbacks_total',
        help: 'Reads that went to the primary because the replica was away.',
        type: 'counter',
        samples: [{ labels: { pool: this.#pool.name }, value: this.#replicaReads.fallbacks }],
      },
    ];
  }

  /** Waits for work in flight, `closeTimeoutMs` at most, then closes every connection. May be called again. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const drained = new Promise<void>((resolve) => (this.#drained = resolve));
    if (this.#inFlight > 0 && !(await inTime(drained, this.#options.closeTimeoutMs))) {
      for (const scope of this.#open) await scope.abort('The database was closed; the transaction was rolled back.');
      this.#cutConnections();
      await inTime(drained, CUT_GRACE_MS);
    }
    if (!(await inTime(this.#dataSource.destroy(), this.#options.closeTimeoutMs))) this.#cutConnections();
  }

  #pools(): PostgresPool[] {
    const { replica } = this.#dataSource;
    return replica ? [this.#pool, replica] : [this.#pool];
  }

  #cutConnections(): void {
    for (const pool of this.#pools()) pool.cutConnections();
  }

  async #begin(where: ReplicationMode, { isolation, timeoutMs }: TransactionOptions): Promise<TransactionScope> {
    const narrower = timeoutMs !== undefined && timeoutMs < this.#options.statementTimeoutMs ? timeoutMs : undefined;
    const begin = { isolation, statementTimeoutMs: narrower, readOnly: where === 'slave' };
    try {
      const scope = await TransactionScope.begin(this.#dataSource.createOwnRunner(where), begin);
      this.#open.add(scope);
      return scope;
    } catch (error) {
      if (where === 'slave' && isUnreachable(error)) throw new ReplicaAwayError(error);
      throw toDomainError(error);
    }
  }

  async #join<T>(outer: TransactionScope, work: () => Promise<T>, { isolation }: TransactionOptions): Promise<T> {
    if (isolation && isolation !== outer.isolation) {
      throw new Error(
        `A transaction with isolation ${isolation} can't join one with ${outer.isolation ?? 'the default'}.`,
      );
    }
    try {
      return await work();
    } catch (error) {
      outer.fail(error);
      throw error;
    }
  }

  async #withDeadline<T>(scope: TransactionScope, work: () => Promise<T>, timeoutMs: number): Promise<T> {
    const timer = setTimeout(() => {
      void scope.abort(`The transaction took longer than ${timeoutMs} ms and was rolled back.`);
    }, timeoutMs);
    return Promise.race([this.#scopes.run(scope, work), scope.aborted]).finally(() => clearTimeout(timer));
  }

  async #runHooks(scope: TransactionScope): Promise<void> {
    for (const hook of scope.afterCommit) {
      try {
        await hook();
      } catch (error) {
        this.#options.onBackgroundError('An afterCommit hook failed', error);
      }
    }
  }

  #withConnection<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    return this.#counted(async () => {
      let client: pg.PoolClient | undefined;
      let broken = false;
      try {
        client = this.#pool.tryAcquire() ?? (await this.#pool.acquire());
        return await work(client);
      } catch (error) {
        broken = breaksConnection(error);
        throw toDomainError(error);
      } finally {
        if (client && broken) cutConnection(client);
        client?.release(broken);
      }
    });
  }

  async #counted<T>(work: () => Promise<T>): Promise<T> {
    this.#inFlight++;
    try {
      return await work();
    } finally {
      if (--this.#inFlight === 0) this.#drained?.();
    }
  }
}

function mayBeCommitted(error: unknown): boolean {
  return error instanceof DomainError && error.details['outcome'] === 'unknown';
}

function currentTransaction(scopes: AsyncLocalStorage<Scope>): TransactionScope | undefined {
  const scope = scopes.getStore();
  if (scope !== rawClientScope) return scope;
  throw new Error('A query inside pooledClient has to use that client; here it would be on another connection.');
}

// Of EntityManager.transaction's arguments: the isolation may stand before the work.
function isolationOf([first]: unknown[]): TransactionOptions {
  return typeof first === 'string' ? { isolation: first as IsolationLevel } : {};
}

async function inTime(work: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<false>();
  const timer = setTimeout(resolve, timeoutMs, false);
  return Promise.race([work.then(() => true as const), late]).finally(() => clearTimeout(timer));
}
