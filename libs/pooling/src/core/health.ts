import { AcquireCancelledError, AcquireTimeoutError, QueueFullError } from './errors.ts';
import type { AcquireLimit, HealthReport, Pool } from './pool.ts';

/** What a health check found. */
export type Verdict = Pick<HealthReport, 'healthy' | 'error'>;

/** Asks the peer of a pool over one of its own. */
export async function askPeer<T>(
  pool: Pick<Pool<T>, 'acquire' | 'release'>,
  ask: (resource: T) => Promise<unknown>,
  limit: AcquireLimit | undefined,
): Promise<Verdict> {
  let resource: T;
  try {
    resource = await pool.acquire(limit);
  } catch (error) {
    return { healthy: couldNotAsk(error) ? null : false, error };
  }
  const error = await ask(resource);
  pool.release(resource, { broken: error !== undefined });
  return error === undefined ? { healthy: true } : { healthy: false, error };
}

/** Nothing was free: that says nothing of the peer, unless nothing could be made either. */
function couldNotAsk(error: unknown): boolean {
  if (error instanceof AcquireTimeoutError) {
    return error.cause === undefined && error.numbers.inUse + error.numbers.idle > 0;
  }
  return error instanceof QueueFullError || error instanceof AcquireCancelledError;
}
