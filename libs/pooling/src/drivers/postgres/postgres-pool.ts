import { EventEmitter } from 'node:events';
import type pg from 'pg';
import type { PoolNumbers } from '../../core/numbers.ts';
import type { AcquireLimit, DrainReport, HealthReport, Pool, PoolStats, ReleaseOptions } from '../../core/pool.ts';
import type { PoolOptions } from '../../core/pool-options.ts';
import { Reports } from '../../core/reports.ts';
import { ResourcePool } from '../../core/resource-pool.ts';
import { Clients } from './clients.ts';
import { cutConnection } from './connection.ts';

/** What `connect` tells a callback, as `pg.Pool` does. */
export type ConnectCallback = (
  error: Error | undefined,
  client: pg.PoolClient | undefined,
  release: (error?: Error | boolean) => void,
) => void;

/**
 * How to reach the server, as `pg` takes it (`connectionString`, `statement_timeout`, `query_timeout`, `ssl`, …), and how to
 * pool. `application_name` is the pool's name unless it is given; TCP keep-alive is on.
 */
export interface PostgresPoolOptions
  extends Omit<pg.ClientConfig, 'connectionTimeoutMillis'>, Partial<Omit<PoolOptions, 'min' | 'max'>> {
  /**
   * As of `pg.Pool`, and what TypeORM makes of its `connectTimeoutMS`: both times, `acquireTimeoutMs` and `createTimeoutMs`,
   * where they are not given. 0 is the same as not given.
   */
  readonly connectionTimeoutMillis?: number;
  /** Kept open. Default 5, or `max` where that is less. */
  readonly min?: number;
  /** Default 50. */
  readonly max?: number;
  /** How long `end` waits for what is lent. Default 10 000. */
  readonly drainTimeoutMs?: number;
}

const DEFAULT_MIN = 5;
const DEFAULT_MAX = 50;
const DRAIN_TIMEOUT_MS = 10_000;
const HEALTH_CHECK_EVERY_MS = 60_000;
const KEEP_ALIVE_DELAY_MS = 10_000;

class UnfinishedError extends Error {
  override readonly name = 'UnfinishedError';

  constructor() {
    super('A connection was given back in the middle of a transaction or a statement; it was closed, and rolled back');
  }
}

/**
 * PostgreSQL connections behind the contract of all pools, which also speaks what TypeORM and most users need of `pg.Pool`:
 * `connect`, `query`, `end`, the counts, and the events `connect`, `acquire`, `release`, `remove` and `error`. Give it to
 * TypeORM as `driver: { ...pg, Pool: PostgresPool }`.
 *
 * One that is given back in the middle of a transaction or a statement is closed, which rolls back, and `onProblem` is told.
 * A lost connection never ends the process: it is taken out, and `error` is emitted where somebody listens. By default the
 * server is asked every minute whether it answers, and each connection that was idle for 30 seconds before it is lent.
 */
export class PostgresPool extends EventEmitter implements Pool<pg.PoolClient> {
  readonly name: string;
  readonly #clients: Clients;
  readonly #pool: ResourcePool<pg.PoolClient>;
  readonly #drainTimeoutMs: number;
  readonly #reports: Reports;
  /** Who holds a connection, so that nobody gives back what was lent to another meanwhile. */
  readonly #leases = new WeakMap<pg.PoolClient, object>();
  #ending = false;
  #ended = false;

  /** Begins to connect the `min` that are kept. @throws PoolOptionError */
  constructor(options: PostgresPoolOptions = {}) {
    super();
    this.name = options.name ?? options.application_name ?? 'postgres';
    const { drainTimeoutMs = DRAIN_TIMEOUT_MS, max = DEFAULT_MAX, min = Math.min(DEFAULT_MIN, max) } = options;
    const config: pg.ClientConfig = {
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_DELAY_MS,
      ...options,
      application_name: options.application_name ?? this.name,
      // The pool ends a connect that takes too long, and says so in its own words.
      connectionTimeoutMillis: 0,
    };
    this.#drainTimeoutMs = drainTimeoutMs;
    this.#reports = new Reports(this.name, options.onProblem ?? (() => {}), () => this.numbers());
    this.#clients = new Clients(config, {
      connected: (client) => this.#tell('connect', client),
      lost: (client, error) => this.#lost(client, error),
      unfinished: () => this.#reports.problem('release', new UnfinishedError()),
      removed: (client) => this.#tell('remove', client),
    });
    // TypeORM gives it as undefined where nobody has set it.
    const waitMs = options.connectionTimeoutMillis || undefined;
    const pooling: PoolOptions = {
      ...options,
      ...{ name: this.name, min, max },
      acquireTimeoutMs: options.acquireTimeoutMs ?? waitMs,
      createTimeoutMs: options.createTimeoutMs ?? waitMs,
      healthCheckEveryMs: options.healthCheckEveryMs ?? HEALTH_CHECK_EVERY_MS,
    };
    this.#pool = new ResourcePool(this.#clients, pooling);
  }

  get totalCount(): number {
    const { inUse, idle, connecting } = this.#pool.numbers();
    return inUse + idle + connecting;
  }

  get idleCount(): number {
    return this.#pool.numbers().idle;
  }

  get waitingCount(): number {
    return this.#pool.numbers().waiting;
  }

  /** Whether `end` or `drain` was called. */
  get ending(): boolean {
    return this.#ending;
  }

  /** Whether nothing is open any more. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Lends a connection; `client.release()` gives it back, `client.release(true)` or with an error has it closed. */
  connect(): Promise<pg.PoolClient>;
  connect(callback: ConnectCallback): void;
  connect(callback?: ConnectCallback): Promise<pg.PoolClient> | void {
    const acquired = this.acquire();
    if (!callback) return acquired;
    acquired.then(
      (client) => callback(undefined, client, client.release),
      (error: Error) => callback(error, undefined, () => {}),
    );
  }

  async acquire(limit?: AcquireLimit): Promise<pg.PoolClient> {
    return this.#lent(await this.#pool.acquire(limit));
  }

  tryAcquire(): pg.PoolClient | undefined {
    const client = this.#pool.tryAcquire();
    return client && this.#lent(client);
  }

  release(client: pg.PoolClient, options?: ReleaseOptions): void {
    this.#pool.release(client, options);
    this.#leases.delete(client);
    this.#tell('release', undefined, client);
  }

  withResource<R>(work: (client: pg.PoolClient) => R | Promise<R>, limit?: AcquireLimit): Promise<R> {
    return this.#pool.withResource(async (client) => {
      this.#lent(client);
      const lease = this.#leases.get(client);
      try {
        return await work(client);
      } finally {
        if (this.#leases.get(client) === lease) this.#leases.delete(client);
      }
    }, limit);
  }

  /** One statement over whichever connection is free. */
  query<R extends pg.QueryResultRow = pg.QueryResultRow>(
    statement: string | pg.QueryConfig,
    values?: unknown[],
  ): Promise<pg.QueryResult<R>>;
  query(statement: string | pg.QueryConfig, callback: (error: Error | null, result?: pg.QueryResult) => void): void;
  query(
    statement: string | pg.QueryConfig,
    values: unknown[] | undefined,
    callback: (error: Error | null, result?: pg.QueryResult) => void,
  ): void;
  query<R extends pg.QueryResultRow = pg.QueryResultRow>(
    statement: string | pg.QueryConfig,
    second?: unknown[] | ((error: Error | null, result?: pg.QueryResult) => void),
    third?: (error: Error | null, result?: pg.QueryResult) => void,
  ): Promise<pg.QueryResult<R>> | void {
    const callback = typeof second === 'function' ? second : third;
    const values = typeof second === 'function' ? undefined : second;
    const answered = this.#pool.withResource((client) => client.query<R>(statement, values));
    if (!callback) return answered;
    answered.then(
      (result) => callback(null, result),
      (error: Error) => callback(error),
    );
  }

  healthCheck(limit?: AcquireLimit): Promise<HealthReport> {
    return this.#pool.healthCheck(limit);
  }

  async drain(deadlineMs: number): Promise<DrainReport> {
    const drained = this.#pool.drain(deadlineMs);
    this.#ending = true;
    const report = await drained;
    this.#ended = true;
    return report;
  }

  /** {@link drain} with `drainTimeoutMs`. */
  end(): Promise<void>;
  end(callback: (error?: Error) => void): void;
  end(callback?: (error?: Error) => void): Promise<void> | void {
    const ended = this.drain(this.#drainTimeoutMs).then(() => {});
    if (!callback) return ended;
    ended.then(() => callback(), callback);
  }

  /** Closes every connection at once, also those in use; what runs on them fails. The pool goes on with new ones. */
  cutConnections(): void {
    for (const client of this.#clients.open) cutConnection(client);
  }

  numbers(): PoolNumbers {
    return this.#pool.numbers();
  }

  stats(): PoolStats {
    return this.#pool.stats();
  }

  #lent(client: pg.PoolClient): pg.PoolClient {
    const lease = {};
    this.#leases.set(client, lease);
    client.release = (error) => {
      if (this.#leases.get(client) !== lease) {
        throw new Error('Release called on client which has already been released to the pool.');
      }
      this.release(client, { broken: error !== undefined && error !== false && error !== null });
    };
    this.#tell('acquire', client);
    return client;
  }

  #lost(client: pg.PoolClient, error: Error): void {
    if (!this.#clients.open.has(client)) return;
    const wasIdle = this.#pool.invalidate(client) === 'idle';
    if (wasIdle && this.listenerCount('error') > 0) this.#tell('error', error, client);
  }

  /** What a listener throws must not become who caused the event. */
  #tell(event: string, ...told: unknown[]): void {
    if (this.listenerCount(event) > 0) this.#reports.guard(() => void this.emit(event, ...told));
  }
}
