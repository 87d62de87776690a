import { boolean, integer, milliseconds, url, type ConfigIssue } from '@purser/config';
import type { ConnectionOptions } from './database-options.ts';

const protocols = ['postgresql:', 'postgres:'] as const;
const TIME = { min: 1, max: 3_600_000 } as const;

/** The variables of a service's database; `schema` is what it holds there. */
export function databaseVariables(schema: string) {
  return {
    DATABASE_URL: url({ protocols, description: `The PostgreSQL (15 or later) that holds the schema \`${schema}\`.` }),
    DATABASE_REPLICA_URL: url({
      optional: true,
      protocols,
      description:
        'A replica of it, for heavy reads that may be some time behind; while it is away they go to the primary.',
    }),
    DATABASE_POOL_MIN: integer({ default: 5, min: 0, max: 1_000, description: 'Connections that are kept open.' }),
    DATABASE_POOL_MAX: integer({
      default: 50,
      min: 2,
      max: 1_000,
      description: 'Connections at most, to the primary and to the replica each.',
    }),
    DATABASE_ACQUIRE_TIMEOUT_MS: milliseconds({
      ...{ default: 5_000, ...TIME },
      description: 'How long a query waits for a connection while all are in use.',
    }),
    DATABASE_CONNECT_TIMEOUT_MS: milliseconds({
      ...{ default: 5_000, ...TIME },
      description: 'How long one connect to the database may take.',
    }),
    DATABASE_STATEMENT_TIMEOUT_MS: milliseconds({
      ...{ default: 30_000, ...TIME },
      description: 'After which the database ends a statement, and a transaction in which nothing happens.',
    }),
    DATABASE_LEAK_AFTER_MS: milliseconds({
      ...{ default: 60_000, ...TIME },
      description: 'A connection that is in use for longer is told of in the log, once.',
    }),
    DATABASE_MIGRATE_AT_START: boolean({
      default: true,
      description: 'Brings the schema up to date at the start. Off: the start waits until somebody else has.',
    }),
  };
}

/** The values of {@link databaseVariables}. */
export interface DatabaseConfig {
  readonly DATABASE_URL: string;
  readonly DATABASE_REPLICA_URL?: string | undefined;
  readonly DATABASE_POOL_MIN: number;
  readonly DATABASE_POOL_MAX: number;
  readonly DATABASE_ACQUIRE_TIMEOUT_MS: number;
  readonly DATABASE_CONNECT_TIMEOUT_MS: number;
  readonly DATABASE_STATEMENT_TIMEOUT_MS: number;
  readonly DATABASE_LEAK_AFTER_MS: number;
  readonly DATABASE_MIGRATE_AT_START: boolean;
}

/** What is wrong with them together; for the `check` of a definition. */
export function checkDatabase({
  DATABASE_POOL_MIN,
  DATABASE_POOL_MAX,
}: Pick<DatabaseConfig, 'DATABASE_POOL_MIN' | 'DATABASE_POOL_MAX'>): ConfigIssue<'DATABASE_POOL_MIN'>[] {
  if (DATABASE_POOL_MIN <= DATABASE_POOL_MAX) return [];
  return [{ name: 'DATABASE_POOL_MIN', allowed: `at most DATABASE_POOL_MAX, which is ${DATABASE_POOL_MAX}` }];
}

/** What a deployment decides of a `Database`, by its variables. */
export function connectionOptions(config: DatabaseConfig): ConnectionOptions {
  return {
    url: config.DATABASE_URL,
    replicaUrl: config.DATABASE_REPLICA_URL,
    poolMin: config.DATABASE_POOL_MIN,
    poolMax: config.DATABASE_POOL_MAX,
    acquireTimeoutMs: config.DATABASE_ACQUIRE_TIMEOUT_MS,
    connectTimeoutMs: config.DATABASE_CONNECT_TIMEOUT_MS,
    statementTimeoutMs: config.DATABASE_STATEMENT_TIMEOUT_MS,
    leakAfterMs: config.DATABASE_LEAK_AFTER_MS,
    migrateAtStart: config.DATABASE_MIGRATE_AT_START,
  };
}
