import type { EntitySchema } from 'typeorm';
import type { MigrationClass } from './migrate.ts';

/** What a service knows when it is written. */
export interface SchemaOptions {
  /** The service's own schema; made when missing. Unqualified names in its SQL and entities mean this one. */
  readonly schema: string;
  readonly entities: readonly (Function | EntitySchema)[];
  readonly migrations: readonly MigrationClass[];
}

/** What a deployment decides. */
export interface ConnectionOptions {
  /** `postgresql://user:password@host:port/database?sslmode=…` */
  readonly url: string;
  /** Shown by `pg_stat_activity`. Default `purser-<schema>`. */
  readonly applicationName?: string;
  /** Of a replica of that database for reads that may be behind: see `Database.readOnly`. Default: there is none. */
  readonly replicaUrl?: string;
  /** Connections that are kept open. Default 5, or `poolMax` where that is less. */
  readonly poolMin?: number;
  /** Connections at most. Default 50. */
  readonly poolMax?: number;
  /** How many may wait for a connection before the next is refused as `unavailable`. Default 1 000. */
  readonly poolQueueMax?: number;
  /** How long a query waits for a connection, free or new. Default 5 000. */
  readonly acquireTimeoutMs?: number;
  /** How long one connect to the server may take. Default 5 000. */
  readonly connectTimeoutMs?: number;
  /** A connection that is in use for longer is told of by `onWarning`, once. Default 60 000. */
  readonly leakAfterMs?: number;
  /** After which the server ends a statement. Default 30 000. */
  readonly statementTimeoutMs?: number;
  /**
   * Whether to migrate at start, under the schema's lock. Default true. With false a step of the deployment does it, and
   * a start waits until it has.
   */
  readonly migrateAtStart?: boolean;
  /** How long a start waits for somebody else who is migrating, or is to. Default 120 000. */
  readonly migrationTimeoutMs?: number;
  /** How long `close` waits for work in flight before it cuts the connections. Default 10 000. */
  readonly closeTimeoutMs?: number;
  /**
   * Told of what nobody waits for: a failed `afterCommit` hook, a connection lost while idle, a connect, check or health
   * check of the pool that failed. Default: silent.
   */
  readonly onBackgroundError?: (message: string, error: unknown) => void;
  /**
   * Told, with the pool's numbers, that callers wait because all connections are in use, and of connections that are in use
   * for too long; for one in a hundred of those with where it was taken. Default: silent.
   */
  readonly onWarning?: (message: string) => void;
  /** Told when a start waits for somebody else to migrate. Default: silent. */
  readonly onWaiting?: (message: string) => void;
}

export type DatabaseOptions = SchemaOptions & ConnectionOptions;

/** {@link DatabaseOptions} with every default filled in. */
export type ResolvedDatabaseOptions = Required<Omit<DatabaseOptions, 'replicaUrl'>> &
  Pick<DatabaseOptions, 'replicaUrl'>;

const POOL_MIN = 5;
const POOL_MAX = 50;
const LEAST = {
  ...{ poolMax: 1, poolMin: 0, poolQueueMax: 1 },
  ...{ acquireTimeoutMs: 1, connectTimeoutMs: 1, leakAfterMs: 1, statementTimeoutMs: 1, closeTimeoutMs: 1 },
};

/** @throws TypeError naming the option that is out of range. */
export function resolveOptions(options: DatabaseOptions): ResolvedDatabaseOptions {
  const poolMax = options.poolMax ?? POOL_MAX;
  const resolved: ResolvedDatabaseOptions = {
    ...options,
    applicationName: options.applicationName ?? `purser-${options.schema}`,
    poolMin: options.poolMin ?? Math.min(POOL_MIN, poolMax),
    poolMax,
    poolQueueMax: options.poolQueueMax ?? 1_000,
    acquireTimeoutMs: options.acquireTimeoutMs ?? 5_000,
    connectTimeoutMs: options.connectTimeoutMs ?? 5_000,
    leakAfterMs: options.leakAfterMs ?? 60_000,
    statementTimeoutMs: options.statementTimeoutMs ?? 30_000,
    migrateAtStart: options.migrateAtStart ?? true,
    migrationTimeoutMs: options.migrationTimeoutMs ?? 120_000,
    closeTimeoutMs: options.closeTimeoutMs ?? 10_000,
    onBackgroundError: options.onBackgroundError ?? (() => {}),
    onWarning: options.onWarning ?? (() => {}),
    onWaiting: options.onWaiting ?? (() => {}),
  };
  for (const [name, least] of Object.entries(LEAST) as [keyof typeof LEAST, number][]) {
    if (Number.isInteger(resolved[name]) && resolved[name] >= least) continue;
    throw new TypeError(`${name} must be a whole number of at least ${least}, not ${resolved[name]}`);
  }
  if (resolved.poolMin > poolMax) {
    throw new TypeError(`poolMin must not be above poolMax, which is ${poolMax}, and is ${resolved.poolMin}`);
  }
  return resolved;
}
