import { PostgresPool, type PostgresPoolOptions } from '@purser/pooling/postgres';
import type { ExhaustedReport, LeakReport, PoolProblem } from '@purser/pooling/core';
import { connectionConfig } from './connection-settings.ts';
import type { ResolvedDatabaseOptions } from './database-options.ts';

/** Beyond the server's own limit for a statement: only a dead connection keeps silent for so long. */
const DEAD_CONNECTION_GRACE_MS = 5_000;

/** A leak that happens often is found with its stack all the same, and acquires stay cheap. */
const LEAK_STACK_EVERY = 100;

/** The pool of the primary. */
export function primaryPool(options: ResolvedDatabaseOptions): PostgresPool {
  return openPool(options, options.url, options.applicationName);
}

/** The pool of the replica; undefined where there is none. */
export function replicaPool(options: ResolvedDatabaseOptions): PostgresPool | undefined {
  if (options.replicaUrl === undefined) return undefined;
  return openPool(options, options.replicaUrl, `${options.applicationName}-replica`);
}

function openPool(options: ResolvedDatabaseOptions, url: string, applicationName: string): PostgresPool {
  const { statementTimeoutMs } = options;
  const given: PostgresPoolOptions = {
    ...connectionConfig({ ...options, url, applicationName }),
    name: applicationName,
    min: options.poolMin,
    max: options.poolMax,
    queueMax: options.poolQueueMax,
    acquireTimeoutMs: options.acquireTimeoutMs,
    createTimeoutMs: options.connectTimeoutMs,
    drainTimeoutMs: options.closeTimeoutMs,
    leakAfterMs: options.leakAfterMs,
    leakStackEvery: LEAK_STACK_EVERY,
    onLeak: (report) => options.onWarning(leakText(report)),
    onExhausted: (report) => options.onWarning(exhaustedText(report)),
    onProblem: (problem) => options.onBackgroundError(problemText(problem), problem.error),
    pipeline: true,
    statement_timeout: statementTimeoutMs,
    // A process that was stopped in the middle of a transaction must not hold its locks for ever.
    idle_in_transaction_session_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + DEAD_CONNECTION_GRACE_MS,
  };
  const pool = new PostgresPool(given);
  pool.on('error', (error: Error) => options.onBackgroundError('An idle database connection was lost', error));
  return pool;
}

function exhaustedText({ pool, acquires, inUse, idle, connecting, waiting, max }: ExhaustedReport): string {
  return (
    `The database pool ${pool} is exhausted: ${inUse} of ${max} connections are in use, ${connecting} on their way, ` +
    `${idle} idle; ${waiting} callers wait, and ${acquires} had to since the last such warning`
  );
}

function leakText({ pool, heldMs, stack }: LeakReport): string {
  const where = stack === '' ? '' : `, taken by ${stack}`;
  return `A connection of the database pool ${pool} has been in use for ${Math.round(heldMs / 1_000)} s${where}`;
}

function problemText({ pool, during, numbers: { inUse, idle, connecting, waiting, max } }: PoolProblem): string {
  const numbers = `in use ${inUse}, idle ${idle}, connecting ${connecting}, waiting ${waiting}, max ${max}`;
  return `The database pool ${pool} met a failure during a ${during} (${numbers})`;
}
