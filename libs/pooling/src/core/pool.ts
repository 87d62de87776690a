import type { DurationStats } from './durations.ts';

/** How long a caller waits, and what else ends its wait. */
export interface AcquireOptions {
  /** 0: only what is free at once. Default: the pool's `acquireTimeoutMs`. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** A moment by which the caller must have it, or a time to wait. */
export type AcquireLimit = Date | AcquireOptions;

/** How a lease ended. */
export interface ReleaseOptions {
  /** It must not be lent again: it is destroyed, and those that are idle are checked where they can be. Default false. */
  readonly broken?: boolean;
}

/** How a check of the peer went. */
export interface HealthReport {
  /** Null where it could not ask, since all were in use. */
  readonly healthy: boolean | null;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly tookMs: number;
  /** What failed. */
  readonly error?: unknown;
}

/** How a pool was left. */
export interface DrainReport {
  /** Leases that did not end in time; what they held was destroyed under them. */
  readonly cut: number;
}

/**
 * One pool, one shape, whatever it pools; since its start. The comments name the instrument of OpenTelemetry's semantic
 * conventions for database connection pools (1.30 and later) that a field is.
 */
export interface PoolStats {
  /** `db.client.connection.pool.name` */
  readonly pool: string;
  /** `db.client.connection.count`, by `db.client.connection.state`. */
  readonly count: { readonly idle: number; readonly used: number };
  /** `db.client.connection.idle.min` */
  readonly idleMin: number;
  /** `db.client.connection.idle.max` */
  readonly idleMax: number;
  /** `db.client.connection.max` */
  readonly max: number;
  /** `db.client.connection.pending_requests`: callers that wait. */
  readonly pendingRequests: number;
  /** `db.client.connection.timeouts`: waits that ended with nothing because the time was over. */
  readonly timeouts: number;
  /** `db.client.connection.create_time` */
  readonly createTime: DurationStats;
  /** `db.client.connection.wait_time`: of those that got one. */
  readonly waitTime: DurationStats;
  /** `db.client.connection.use_time` */
  readonly useTime: DurationStats;
  /** Being made. */
  readonly connecting: number;
  readonly created: number;
  readonly createFailures: number;
  readonly destroyed: number;
  /** Acquires that had to wait because `max` was reached. */
  readonly exhausted: number;
  /** Acquires that were refused: the queue was full, the pool was draining, or nothing could be made. */
  readonly refused: number;
  /** Leases that were reported for being out too long. */
  readonly leaks: number;
  /** Checks that found a dead one. */
  readonly failedChecks: number;
  /** The latest health check that could ask; null before the first. */
  readonly health: (HealthReport & { readonly healthy: boolean }) | null;
}

/**
 * Lends what is costly to make, to one caller at a time and first come first served. Every implementation passes
 * `describePool` of `@purser/pooling/testing`.
 */
export interface Pool<T> {
  readonly name: string;

  /**
   * Lends one: an idle one at once, else a new one or the next that is released. Whoever got one has to release it once.
   *
   * @throws AcquireTimeoutError when the time is over; CreateFailedError when none can be made in it; QueueFullError;
   * AcquireCancelledError; PoolDrainingError.
   */
  acquire(limit?: AcquireLimit): Promise<T>;

  /** Lends an idle one without waiting; undefined where there is none that could be lent at once. */
  tryAcquire(): T | undefined;

  /** Gives back. The first who waits has it before this returns. @throws NotLeasedError where it is not lent */
  release(resource: T, options?: ReleaseOptions): void;

  /**
   * Lends one for as long as `work` takes, and releases it however that ends. @throws NotLeasedError where `work` has
   * released it itself, beside what {@link acquire} throws
   */
  withResource<R>(work: (resource: T) => R | Promise<R>, limit?: AcquireLimit): Promise<R>;

  /**
   * Asks the peer whether it answers, over one of the pool's own; where all are in use it does not wait. Where the pool has
   * no way to ask it finds out whether there is one to lend, no more. Never rejects.
   */
  healthCheck(limit?: AcquireLimit): Promise<HealthReport>;

  /**
   * Refuses new callers with PoolDrainingError at once, serves those that wait already, waits for the leases until
   * `deadlineMs` from now, and destroys everything. Called again it gives the same promise, and the earlier of the deadlines holds.
   */
  drain(deadlineMs: number): Promise<DrainReport>;

  stats(): PoolStats;
}
