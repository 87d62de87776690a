import { setTimeout as sleep } from 'node:timers/promises';
import { sqlState } from './database-errors.ts';

export interface RetryOptions {
  /** How often the work is done at most. Default 5. */
  readonly attempts?: number;
  /** The longest first pause; each further one may be twice as long. Default 10. */
  readonly baseDelayMs?: number;
  /** Default 500. */
  readonly maxDelayMs?: number;
}

/**
 * Does work again that lost against other transactions (serialization failure 40001, deadlock 40P01), after a random
 * pause ("full jitter"), so that the losers don't meet again. Everything else is thrown at once, and so is the last
 * failure. `work` must open its transaction itself and have no effect besides it.
 */
export async function retryTransient<T>(work: () => Promise<T>, options: RetryOptions = {}): Promise<T> {
  const { attempts = 5, baseDelayMs = 10, maxDelayMs = 500 } = options;
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const state = sqlState(error);
      if ((state !== '40001' && state !== '40P01') || attempt >= attempts) throw error;
      await sleep(Math.random() * Math.min(maxDelayMs, baseDelayMs * 2 ** (attempt - 1)));
    }
  }
}
