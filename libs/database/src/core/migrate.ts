import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { MigrationInterface } from 'typeorm';
import { DataSource } from 'typeorm';
import { DomainError } from '@purser/errors';
import { connectionConfig } from './connection-settings.ts';
import { quotedSchema } from './schema-name.ts';

/** A migration's class; its name ends in 13 digits, the milliseconds of its making, by which migrations are ordered. */
export type MigrationClass = new () => MigrationInterface;

export interface MigrateOptions {
  readonly url: string;
  /** Made when missing. The table of done migrations, `migrations`, is in it. */
  readonly schema: string;
  readonly migrations: readonly MigrationClass[];
  /** `up` does all that are pending; `down` undoes the last `steps`. */
  readonly direction: 'up' | 'down';
  /** How many to undo, only with `down`. Default 1. */
  readonly steps?: number;
  readonly applicationName?: string;
  /** How long to wait for another process that is migrating the same schema. Default 120 000. */
  readonly lockTimeoutMs?: number;
}

const CONNECT_TIMEOUT_MS = 10_000;
const LOCK_POLL_MS = 50;
const TABLE_LOCK_TIMEOUT_MS = 60_000;

/**
 * Brings a schema up to date, or takes steps back. Each migration runs in a transaction of its own (unless it says
 * `transaction = false`), all of them under an advisory lock: of several processes one works and the others wait.
 *
 * @returns the names of the migrations done or undone now, in that order; empty when there was nothing to do.
 * @throws DomainError `unavailable` when the lock was not to be had in time; otherwise what the database said. What
 * was done before the failing migration stays done.
 */
export async function migrate(options: MigrateOptions): Promise<string[]> {
  const { lockTimeoutMs = 120_000, applicationName = 'purser-migrate' } = options;
  const config = connectionConfig({ ...options, applicationName, connectTimeoutMs: CONNECT_TIMEOUT_MS });
  // The lock is the session's own: it lives on a connection beside the one that migrates, and ends with our process.
  const session = new pg.Client(config);
  session.on('error', () => {});
  try {
    await session.connect();
    await lockSchema(session, options.schema, lockTimeoutMs);
    await ensureSchema(session, options.schema);
    return await runMigrations(options, config);
  } finally {
    await session.end();
  }
}

// Asked for again and again, since a session that waits inside a statement holds a snapshot, and a migration's
// CREATE INDEX CONCURRENTLY waits for all snapshots: each would wait for the other.
async function lockSchema(session: pg.Client, schema: string, timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const { rows } = await session.query<{ locked: boolean }>(
      `select pg_try_advisory_lock(hashtext('purser.migrate'), hashtext($1)) as locked`,
      [schema],
    );
    if (rows[0]?.locked) return;
    if (performance.now() > deadline) {
      throw new DomainError('unavailable', `Another process has been migrating "${schema}" for ${timeoutMs} ms.`);
    }
    await sleep(LOCK_POLL_MS);
  }
}

// Asked first: CREATE SCHEMA IF NOT EXISTS wants the right to create even where there is nothing to create.
async function ensureSchema(session: pg.Client, schema: string): Promise<void> {
  const { rowCount } = await session.query('select from pg_namespace where nspname = $1', [schema]);
  if (!rowCount) await session.query(`create schema ${quotedSchema(schema)}`);
}

async function runMigrations(options: MigrateOptions, config: ReturnType<typeof connectionConfig>): Promise<string[]> {
  const dataSource = new DataSource({
    type: 'postgres',
    url: config.connectionString,
    schema: options.schema,
    migrations: [...options.migrations],
    installExtensions: false,
    poolSize: 1,
    extra: { ...config, lock_timeout: TABLE_LOCK_TIMEOUT_MS },
    poolErrorHandler: () => {},
  });
  await dataSource.initialize();
  try {
    if (options.direction === 'down') return await undo(dataSource, options.steps ?? 1);
    const done = await dataSource.runMigrations({ transaction: 'each' });
    return done.map((migration) => migration.name);
  } finally {
    await dataSource.destroy();
  }
}

async function undo(dataSource: DataSource, steps: number): Promise<string[]> {
  const undone: string[] = [];
  while (undone.length < steps) {
    const name = await lastDone(dataSource);
    if (name === undefined) break;
    await dataSource.undoLastMigration({ transaction: 'each' });
    undone.push(name);
  }
  return undone;
}

async function lastDone(dataSource: DataSource): Promise<string | undefined> {
  const runner = dataSource.createQueryRunner();
  try {
    if (!(await runner.hasTable('migrations'))) return undefined;
    const rows = (await runner.query('select name from migrations order by id desc limit 1')) as { name: string }[];
    return rows[0]?.name;
  } finally {
    await runner.release();
  }
}
