import { isNativeError } from 'node:util/types';
import { DomainError } from '@purser/errors';
import { CreateFailedError, PoolError, QueueFullError } from '@purser/pooling/core';

/** Transactions that hindered each other: nothing was changed, and the same work may pass when done again. */
const CONTENTION = new Set(['40001', '40P01', '55P03']);

/** The server is starting, stopping, overfull or out of time; classes 08 and 53 are of the same kind. */
const UNAVAILABLE = new Set(['57P01', '57P02', '57P03', '57P05', '57014', '25P03', '25P04']);

/** What `pg` and its pool say without a code. */
const CONNECTION_LOST =
  /^Connection terminated|timeout exceeded when trying to connect|^Query read timeout|is not queryable|after calling end|^timeout expired/;

const SYSTEM_CODES = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN'],
  ...['EHOSTUNREACH', 'ENETUNREACH', 'ENETDOWN', 'ENOENT'],
]);

interface PostgresFields {
  readonly code?: string;
  readonly constraint?: string;
  readonly table?: string;
  readonly detail?: string;
  readonly message: string;
}

/**
 * What the database threw as a domain error, the original as its cause:
 * - unique, exclusion and foreign-key violations → `conflict`, with `details.constraint`; a reference to a row that does
 *   not exist → `invalid_request`;
 * - serialization failure, deadlock, lock timeout → `concurrent_change` (see `retryTransient`);
 * - no connection, time-out, shutdown, too many connections, full disk → `unavailable`; where the pool had none to lend,
 *   `details` has its numbers and why.
 *
 * Anything else is a fault of ours and comes back as it is.
 */
export function toDomainError(error: unknown): unknown {
  if (error instanceof DomainError) return error;
  if (error instanceof PoolError) return fromPool(error);
  const cause = databaseError(error);
  if (!cause) return error;
  const { code = '', constraint, table } = cause;
  const details = { ...(constraint && { constraint }), ...(table && { table }) };
  switch (code) {
    case '23505':
    case '23P01':
      return new DomainError('conflict', `It exists already (${constraint ?? table}).`, details, { cause: error });
    case '23503':
    case '23001':
      return foreignKeyError(cause, details, error);
  }
  if (CONTENTION.has(code)) {
    return new DomainError('concurrent_change', 'Others are changing the same data.', {}, { cause: error });
  }
  if (isUnavailable(cause)) {
    return new DomainError('unavailable', 'The database is not available right now.', {}, { cause: error });
  }
  return error;
}

function fromPool(error: PoolError): unknown {
  const cause = error instanceof CreateFailedError ? databaseError(error.cause) : undefined;
  // A wrong password is no want of connections.
  if (cause && !isUnavailable(cause)) return error.cause;
  const { waiting } = error.numbers;
  const message =
    error instanceof QueueFullError
      ? `${waiting} queries wait for a database connection already.`
      : 'The database is not available right now.';
  return new DomainError(
    'unavailable',
    message,
    { pool: error.pool, reason: error.code, ...error.numbers },
    {
      cause: error,
    },
  );
}

/** The SQLSTATE of what the database threw, also when it is wrapped; `undefined` for every other error. */
export function sqlState(error: unknown): string | undefined {
  const code = databaseError(error)?.code;
  return code !== undefined && /^[0-9A-Z]{5}$/.test(code) && !SYSTEM_CODES.has(code) ? code : undefined;
}

/** Whether the connection that threw this must not be used again. */
export function breaksConnection(error: unknown): boolean {
  const state = sqlState(error);
  return state === undefined ? databaseError(error) !== undefined : state.startsWith('08') || state.startsWith('57P');
}

function foreignKeyError(cause: PostgresFields, details: Record<string, string>, error: unknown): DomainError {
  const where = cause.constraint ?? cause.table;
  // One SQLSTATE for both directions; a server that speaks another language than English gets the safer reading.
  if (/is not present in table/.test(cause.detail ?? '')) {
    return new DomainError('invalid_request', `What it refers to does not exist (${where}).`, details, {
      cause: error,
    });
  }
  return new DomainError('conflict', `Something else still refers to it (${where}).`, details, { cause: error });
}

function isUnavailable({ code = '', message }: PostgresFields): boolean {
  if (UNAVAILABLE.has(code) || SYSTEM_CODES.has(code) || /^(08|53)/.test(code)) return true;
  return CONNECTION_LOST.test(message);
}

// TypeORM wraps in `driverError`, we in `cause`; Node reports a failed connect to several addresses as an AggregateError.
function databaseError(error: unknown, depth = 0): PostgresFields | undefined {
  if (!isNativeError(error) || depth > 5) return undefined;
  const { code } = error as { code?: unknown };
  const known = typeof code === 'string' && (/^[0-9A-Z]{5}$/.test(code) || SYSTEM_CODES.has(code));
  if (known || CONNECTION_LOST.test(error.message)) return error as PostgresFields;
  const inner = (error as { driverError?: unknown }).driverError ?? error.cause;
  return databaseError(inner, depth + 1);
}
