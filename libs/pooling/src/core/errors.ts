import { numbersText, type PoolNumbers } from './numbers.ts';

/** Which of the errors below it is, for who sorts them by a field. */
export type PoolErrorCode =
  | 'acquire_timeout'
  | 'acquire_cancelled'
  | 'create_timeout'
  | 'create_failed'
  | 'queue_full'
  | 'pool_draining'
  | 'not_leased'
  | 'invalid_option';

/** What a pool throws. */
export abstract class PoolError extends Error {
  abstract readonly code: PoolErrorCode;
  /** The pool's name. */
  readonly pool: string;
  /** What the message says beside the pool and its numbers. */
  readonly problem: string;
  /** The pool as it was then. */
  readonly numbers: PoolNumbers;

  constructor(pool: string, problem: string, numbers: PoolNumbers, options?: ErrorOptions) {
    super(`Pool ${pool}: ${problem} (${numbersText(numbers)})`, options);
    this.pool = pool;
    this.problem = problem;
    this.numbers = numbers;
  }
}

/**
 * Nothing became free in the caller's time. Where it is long and often: work holds on too long, or `max` is too small. Its
 * `cause`, where it has one, is why new ones could not be made meanwhile.
 */
export class AcquireTimeoutError extends PoolError {
  override readonly name = 'AcquireTimeoutError';
  readonly code = 'acquire_timeout';

  constructor(pool: string, timeoutMs: number, numbers: PoolNumbers, options?: ErrorOptions) {
    super(pool, `nothing was free within the acquire timeout of ${timeoutMs} ms`, numbers, options);
  }
}

/** The caller's signal was aborted while it waited; the signal's reason is the cause. */
export class AcquireCancelledError extends PoolError {
  override readonly name = 'AcquireCancelledError';
  readonly code = 'acquire_cancelled';

  constructor(pool: string, numbers: PoolNumbers, options?: ErrorOptions) {
    super(pool, 'the caller gave up waiting', numbers, options);
  }
}

/** The peer did not answer `create` in time. What comes of it later is destroyed. */
export class CreateTimeoutError extends PoolError {
  override readonly name = 'CreateTimeoutError';
  readonly code = 'create_timeout';

  constructor(pool: string, timeoutMs: number, numbers: PoolNumbers) {
    super(pool, `a connect did not end within the connect timeout of ${timeoutMs} ms`, numbers);
  }
}

/** There is none, and none can be made in the caller's time: the peer refuses or keeps silent. Why is the cause. */
export class CreateFailedError extends PoolError {
  override readonly name = 'CreateFailedError';
  readonly code = 'create_failed';

  constructor(pool: string, cause: unknown, numbers: PoolNumbers) {
    super(pool, `no connection could be made: ${reasonOf(cause)}`, numbers, { cause });
  }
}

function reasonOf(cause: unknown): string {
  if (cause instanceof PoolError) return cause.problem;
  return cause instanceof Error && cause.message !== '' ? cause.message : String(cause);
}

/** As many wait already as may. Try later. */
export class QueueFullError extends PoolError {
  override readonly name = 'QueueFullError';
  readonly code = 'queue_full';

  constructor(pool: string, numbers: PoolNumbers) {
    super(pool, `${numbers.waiting} wait already, which is as many as may`, numbers);
  }
}

/** The pool is shutting down, or has shut down. */
export class PoolDrainingError extends PoolError {
  override readonly name = 'PoolDrainingError';
  readonly code = 'pool_draining';

  constructor(pool: string, numbers: PoolNumbers) {
    super(pool, 'it is shutting down and lends nothing any more', numbers);
  }
}

/** Released what is not lent: twice, or of another pool. A fault of the caller; nothing changed. */
export class NotLeasedError extends PoolError {
  override readonly name = 'NotLeasedError';
  readonly code = 'not_leased';

  constructor(pool: string, problem: string, numbers: PoolNumbers) {
    super(pool, problem, numbers);
  }
}

/** An option is out of its bounds. */
export class PoolOptionError extends Error {
  override readonly name = 'PoolOptionError';
  readonly code: PoolErrorCode = 'invalid_option';
  readonly field: string;

  constructor(field: string, problem: string) {
    super(`${field}: ${problem}`);
    this.field = field;
  }
}
