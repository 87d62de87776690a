import type { PoolClock } from './clock.ts';
import type { ResourceFactory } from './factory.ts';

/** How many creates, how long, and how far apart after failures. */
export interface CreatorOptions {
  readonly createTimeoutMs: number;
  readonly createsAtOnce: number;
  readonly retryBaseMs: number;
  readonly retryMaxMs: number;
  readonly clock: PoolClock;
  readonly random: () => number;
}

/** What the pool does with how a create ended. Each create ends in one of the first two, or in neither where it was abandoned. */
export interface CreatorEvents<T> {
  readonly created: (resource: T, tookMs: number) => void;
  readonly failed: (error: unknown) => void;
  /** One came after its create had been given up. */
  readonly late: (resource: T) => void;
  /** Another create may be tried. */
  readonly retry: () => void;
  readonly timeoutError: () => Error;
}

/** Failures in a row after which the peer is taken to be away: nobody waits then for the next try. */
const AWAY_AFTER_FAILURES = 3;

interface Attempt {
  readonly controller: AbortController;
  readonly begunAt: number;
  /** Failures in a row when it began. */
  readonly failuresBefore: number;
  timer: unknown;
}

/**
 * Makes resources without a storm: few at once, each with an end, and after a failure one at a time, after a wait with
 * exponential backoff and full jitter (AWS Architecture Blog, "Exponential Backoff And Jitter"). A resource belongs to no
 * caller until it is there, so whoever asked for it may give up meanwhile.
 */
export class Creator<T> {
  readonly #factory: ResourceFactory<T>;
  readonly #options: CreatorOptions;
  readonly #events: CreatorEvents<T>;
  readonly #attempts = new Set<Attempt>();
  #failures = 0;
  #lastError: unknown;
  #retryAt = -Infinity;
  #retryTimer: unknown;

  constructor(factory: ResourceFactory<T>, options: CreatorOptions, events: CreatorEvents<T>) {
    this.#factory = factory;
    this.#options = options;
    this.#events = events;
  }

  get connecting(): number {
    return this.#attempts.size;
  }

  /** In a row, up to now. */
  get failures(): number {
    return this.#failures;
  }

  get lastError(): unknown {
    return this.#lastError;
  }

  /**
   * Whether who waits until `endsAt` behind `before` others will get nothing made: the next try comes too late, or is not to
   * be trusted. Of a peer that is away only the first may wait for the try under way.
   */
  isHopeless(endsAt: number, before: number, now: number): boolean {
    if (this.#failures === 0) return false;
    if (this.#failures >= AWAY_AFTER_FAILURES) return before >= this.#attempts.size;
    return this.#attempts.size === 0 && endsAt <= Math.max(now, this.#retryAt);
  }

  mayStart(now: number): boolean {
    if (this.#failures > 0) return this.#attempts.size === 0 && now >= this.#retryAt;
    return this.#attempts.size < this.#options.createsAtOnce;
  }

  start(now: number): void {
    const failuresBefore = this.#failures;
    const attempt: Attempt = { controller: new AbortController(), begunAt: now, failuresBefore, timer: undefined };
    this.#attempts.add(attempt);
    const { clock, createTimeoutMs } = this.#options;
    const timedOut = () => {
      const error = this.#events.timeoutError();
      this.#fail(attempt, error);
      attempt.controller.abort(error);
    };
    attempt.timer = clock.setTimer(timedOut, createTimeoutMs, true);
    void (async () => this.#factory.create(attempt.controller.signal))().then(
      (resource) => this.#succeed(attempt, resource),
      (error: unknown) => this.#fail(attempt, error),
    );
  }

  /** What is being made is destroyed when it comes, and no retry is waited for. */
  abandonAll(): void {
    for (const attempt of this.#attempts) {
      this.#end(attempt);
      attempt.controller.abort();
    }
    this.#options.clock.clearTimer(this.#retryTimer);
  }

  #succeed(attempt: Attempt, resource: T): void {
    if (!this.#end(attempt)) {
      this.#events.late(resource);
      return;
    }
    this.#failures = 0;
    this.#retryAt = -Infinity;
    this.#options.clock.clearTimer(this.#retryTimer);
    this.#events.created(resource, this.#options.clock.now() - attempt.begunAt);
  }

  #fail(attempt: Attempt, error: unknown): void {
    if (!this.#end(attempt)) return;
    this.#lastError = error;
    // Several that were under way together fail for one reason: they are one failure.
    if (attempt.failuresBefore === this.#failures) this.#backOff();
    if (this.#factory.isFinal?.(error)) this.#failures = Math.max(this.#failures, AWAY_AFTER_FAILURES);
    this.#events.failed(error);
  }

  #backOff(): void {
    const { clock, random, retryBaseMs, retryMaxMs } = this.#options;
    this.#failures += 1;
    const waitMs = Math.ceil(random() * Math.min(retryMaxMs, retryBaseMs * 2 ** (this.#failures - 1)));
    this.#retryAt = clock.now() + waitMs;
    clock.clearTimer(this.#retryTimer);
    const retry = () => {
      // Timers of Node may be early by less than a millisecond, and nobody would try again.
      this.#retryAt = -Infinity;
      this.#events.retry();
    };
    this.#retryTimer = clock.setTimer(retry, waitMs, true);
  }

  /** Whether it had not ended before. */
  #end(attempt: Attempt): boolean {
    this.#options.clock.clearTimer(attempt.timer);
    return this.#attempts.delete(attempt);
  }
}
