import { DomainError } from '@purser/errors';
import { AcquireTimeoutError, CreateFailedError, PoolError } from '@purser/pooling/core';
import { breaksConnection, sqlState } from './database-errors.ts';

/** How long a replica that failed is not asked again, so that not every read waits for it. */
const AWAY_MS = 5_000;

/** Why the replica could not serve a read, which the primary can. */
export class ReplicaAwayError extends Error {
  override readonly name = 'ReplicaAwayError';

  constructor(cause: unknown) {
    super('The replica is away, or in conflict with what it replays.', { cause });
  }
}

/** Sends reads to the replica while it is there, and counts those that it could not serve. */
export class ReplicaReads {
  #awayUntil = -Infinity;
  #fallbacks = 0;

  /** Reads that went to the primary though there is a replica. */
  get fallbacks(): number {
    return this.#fallbacks;
  }

  /**
   * Runs the first, and the second where that throws ReplicaAwayError or did lately. What else the first throws is thrown: a
   * replica that is overloaded must not have the primary join it.
   */
  async run<T>(onReplica: () => Promise<T>, onPrimary: () => Promise<T>): Promise<T> {
    if (performance.now() >= this.#awayUntil) {
      try {
        return await onReplica();
      } catch (error) {
        if (!(error instanceof ReplicaAwayError)) throw error;
        this.#awayUntil = performance.now() + AWAY_MS;
      }
    }
    this.#fallbacks += 1;
    return onPrimary();
  }
}

/** Whether a transaction could not begin because there is no connection to be had; not because all are in use. */
export function isUnreachable(error: unknown): boolean {
  const cause = error instanceof DomainError ? error.cause : error;
  if (!(cause instanceof PoolError)) return breaksConnection(cause);
  const { inUse, idle } = cause.numbers;
  return cause instanceof CreateFailedError || (cause instanceof AcquireTimeoutError && inUse + idle === 0);
}

/** Whether work failed because its connection was lost, or by a conflict with what is replayed (40001, 40P01). */
export function isFailureOfReplica(error: unknown, isConnected: boolean): boolean {
  if (!(error instanceof DomainError) || error.cause === undefined) return false;
  const saidByServer = sqlState(error) !== undefined;
  if (error.code === 'concurrent_change') return saidByServer;
  // What the server says as it closes the connection comes before that is closed.
  return error.code === 'unavailable' && (!isConnected || (saidByServer && breaksConnection(error)));
}
