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
  /** Whether to migrate at start, under the schema's lock. Default true; false where a deployment step does it. */
  readonly migrateAtStart?: boolean;
  /** How long a start waits for another replica that is migrating. Default 120 000. */
  readonly migrationLockTimeoutMs?: number;
  /** How long `close` waits for work in flight before it cuts the connections. Default 10 000. */
  readonly closeTimeoutMs?: number;
  /** Told of what nobody waits for: a failed `afterCommit` hook, a connection lost while idle. Default: silent. */
  readonly onBackgroundError?: (message: string, error: unknown) => void;
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
    migrationLockTimeoutMs: options.migrationLockTimeoutMs ?? 120_000,
    closeTimeoutMs: options.closeTimeoutMs ?? 10_000,
    onBackgroundError: options.onBackgroundError ?? (() => {}),
  };
  for (const name of ['poolMax', 'poolQueueMax', 'connectTimeoutMs', 'statementTimeoutMs', 'closeTimeoutMs'] as const) {
    if (!Number.isInteger(resolved[name]) || resolved[name] < 1) {
      throw new TypeError(`${name} must be a whole number of at least 1, not ${resolved[name]}`);
    }
  }
  return resolved;
}
