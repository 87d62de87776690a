/** The call was not made: too many before it failed or were slow, or a probe is out that is to tell whether it is well again. */
export class BreakerOpen extends Error {
  override readonly name = 'BreakerOpen';
  readonly dependency: string;
  /** When a call may be let through again; a guess while probes are out. */
  readonly retryAfterMs: number;
  readonly retryable = true;

  constructor(dependency: string, retryAfterMs: number) {
    super(`${dependency} is not called for now, as too many calls to it failed or were slow`);
    this.dependency = dependency;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Which time limit ended a call: that of one attempt, or that of the whole call with all its attempts and waits. */
export type TimeLimit = 'attempt' | 'total';

/**
 * There was no answer in time. The call may have had its effect all the same. Where an attempt had failed before, how it did is
 * the cause.
 */
export class DeadlineExceeded extends Error {
  override readonly name = 'DeadlineExceeded';
  readonly dependency: string;
  readonly limit: TimeLimit;
  /** What there was from the start of the attempt, or of the whole call. */
  readonly limitMs: number;
  /** After an attempt's limit there may be time for another; after the total there is none. */
  readonly retryable: boolean;

  constructor(dependency: string, limit: TimeLimit, limitMs: number) {
    const what = limit === 'attempt' ? 'an attempt' : 'the whole call';
    super(`${dependency} did not answer within the ${Math.round(limitMs)} ms that ${what} had`);
    this.dependency = dependency;
    this.limit = limit;
    this.limitMs = limitMs;
    this.retryable = limit === 'attempt';
  }
}

/** The call was not made: as many as are allowed are under way, and the queue is full or was waited in for too long. */
export class BulkheadFull extends Error {
  override readonly name = 'BulkheadFull';
  readonly dependency: string;
  readonly reason: 'queue-full' | 'waited-too-long';
  readonly retryable = true;

  constructor(dependency: string, reason: BulkheadFull['reason']) {
    const queue = reason === 'queue-full' ? 'the queue for it is full' : 'none ended in time';
    super(`${dependency} has as many calls under way as it may have, and ${queue}`);
    this.dependency = dependency;
    this.reason = reason;
  }
}
