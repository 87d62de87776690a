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
  /** Connections at most. Default 10. */
  readonly poolMax?: number;
  /** How many may wait for a connection before the next is refused as `unavailable`. Default 1 000. */
  readonly poolQueueMax?: number;
  /** How long to wait for a connection, free or new. Default 5 000. */
  readonly connectTimeoutMs?: number;
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
  /** Told of what nobody waits for: a failed `afterCommit` hook, a connection lost while idle. Default: silent. */
  readonly onBackgroundError?: (message: string, error: unknown) => void;
  /** Told when a start waits for somebody else to migrate. Default: silent. */
  readonly onWaiting?: (message: string) => void;
}

export type DatabaseOptions = SchemaOptions & ConnectionOptions;

/** {@link DatabaseOptions} with every default filled in. */
export type ResolvedDatabaseOptions = Required<DatabaseOptions>;

/** @throws TypeError naming the option that is out of range. */
export function resolveOptions(options: DatabaseOptions): ResolvedDatabaseOptions {
  const resolved: ResolvedDatabaseOptions = {
    ...options,
    applicationName: options.applicationName ?? `purser-${options.schema}`,
    poolMax: options.poolMax ?? 10,
    poolQueueMax: options.poolQueueMax ?? 1_000,
    connectTimeoutMs: options.connectTimeoutMs ?? 5_000,
    statementTimeoutMs: options.statementTimeoutMs ?? 30_000,
    migrateAtStart: options.migrateAtStart ?? true,
    migrationTimeoutMs: options.migrationTimeoutMs ?? 120_000,
    closeTimeoutMs: options.closeTimeoutMs ?? 10_000,
    onBackgroundError: options.onBackgroundError ?? (() => {}),
    onWaiting: options.onWaiting ?? (() => {}),
  };
  for (const name of ['poolMax', 'poolQueueMax', 'connectTimeoutMs', 'statementTimeoutMs', 'closeTimeoutMs'] as const) {
    if (!Number.isInteger(resolved[name]) || resolved[name] < 1) {
      throw new TypeError(`${name} must be a whole number of at least 1, not ${resolved[name]}`);
    }
  }
  return resolved;
}
