import { DomainError } from '@purser/errors';
import { sqlState } from './database-errors.ts';

/** How long a replica that failed is not asked again, so that not every read waits for it. */
const AWAY_MS = 5_000;
const STATEMENT_TIMED_OUT = '57014';

/** Sends reads to the replica while it is there, and counts those that it could not serve. */
export class ReplicaReads {
  #awayUntil = -Infinity;
  #fallbacks = 0;

  /** Reads that went to the primary though there is a replica. */
  get fallbacks(): number {
    return this.#fallbacks;
  }

  /** Runs the first, and the second where the replica is, or was lately, away. What else the first throws is thrown. */
  async run<T>(onReplica: () => Promise<T>, onPrimary: () => Promise<T>): Promise<T> {
    if (performance.now() >= this.#awayUntil) {
      try {
        return await onReplica();
      } catch (error) {
        if (!isOfReplica(error)) throw error;
        this.#awayUntil = performance.now() + AWAY_MS;
      }
    }
    this.#fallbacks += 1;
    return onPrimary();
  }
}

/** Lost or not to be had, or in conflict with what it replays; not a statement that takes too long wherever it runs. */
function isOfReplica(error: unknown): boolean {
  if (!(error instanceof DomainError) || error.cause === undefined) return false;
  if (error.code === 'concurrent_change') return true;
  return error.code === 'unavailable' && sqlState(error) !== STATEMENT_TIMED_OUT;
}
