import { duration } from './check.ts';
import { systemClock, type Clock, type Timer } from './clock.ts';
import { DeadlineExceeded, type TimeLimit } from './errors.ts';

export interface DeadlineOptions {
  /** Ends it before its time, with its own reason: a caller that went away. */
  readonly signal?: AbortSignal;
  /** Whom {@link DeadlineExceeded} names. Default `call`; of a child, its parent's. */
  readonly dependency?: string;
  /** What {@link DeadlineExceeded} says ended it. Default `total`. */
  readonly limit?: TimeLimit;
}

/** The signal of what nothing ends. */
export const neverAborted: AbortSignal = new AbortController().signal;

interface Moment {
  /** By the clock, as `startedAt`. */
  readonly at: number;
  readonly startedAt: number;
  readonly limit: TimeLimit;
  readonly dependency: string;
}

/**
 * The moment by which something has to be done. It shrinks over hops: a child is never later than its parent, and another
 * process is told {@link remainingMs} and makes its own of that, so that no clocks are compared.
 *
 * It has a timer only once somebody asked for its {@link signal}, until its time or {@link close}.
 */
export class Deadline {
  readonly #moment: Moment;
  readonly #source: AbortSignal | undefined;
  readonly #clock: Clock;
  #controller: AbortController | undefined;
  #timer: Timer | undefined;

  private constructor(moment: Moment, source: AbortSignal | undefined, clock: Clock) {
    this.#moment = moment;
    this.#source = source;
    this.#clock = clock;
  }

  /** @throws TypeError unless `ms` is above 0 and at most 2^31 − 1 */
  static after(ms: number, options: DeadlineOptions & { readonly clock?: Clock } = {}): Deadline {
    const { signal, dependency = 'call', limit = 'total', clock = systemClock } = options;
    const startedAt = clock.now();
    return new Deadline({ at: startedAt + duration('ms', ms), startedAt, limit, dependency }, signal, clock);
  }

  /** Not below 0. */
  remainingMs(): number {
    return Math.max(0, this.#moment.at - this.#clock.now());
  }

  get expired(): boolean {
    return this.remainingMs() === 0;
  }

  /** Aborts with {@link DeadlineExceeded} at the moment, or before it with the reason of the signal that was given. */
  get signal(): AbortSignal {
    return (this.#controller ??= this.#watch()).signal;
  }

  /** What ends it is thrown, once it has ended. @throws DeadlineExceeded, or the reason of the signal that was given */
  throwIfOver(): void {
    this.#source?.throwIfAborted();
    if (this.expired) throw this.#exceeded();
  }

  /**
   * A deadline for a part of the work: in `ms`, or with this one if that is sooner or no `ms` are given; then it is this one's
   * limit that ends it. It ends with this one's signal too.
   *
   * @throws TypeError unless `ms` is above 0 and at most 2^31 − 1
   */
  child(ms?: number, options: DeadlineOptions = {}): Deadline {
    const now = this.#clock.now();
    const dependency = options.dependency ?? this.#moment.dependency;
    const at = ms === undefined ? Infinity : now + duration('ms', ms);
    const moment =
      at < this.#moment.at
        ? { at, startedAt: now, limit: options.limit ?? 'total', dependency }
        : { ...this.#moment, dependency };
    return new Deadline(moment, eitherOf(this.#source, options.signal), this.#clock);
  }

  /** Gives the timer back. The signal does not abort any more. May be called again. */
  close(): void {
    this.#source?.removeEventListener('abort', this.#onSource);
    if (this.#timer !== undefined) this.#clock.clearTimer(this.#timer);
    this.#timer = undefined;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #watch(): AbortController {
    const controller = new AbortController();
    if (this.#source?.aborted) controller.abort(this.#source.reason);
    else if (this.expired) controller.abort(this.#exceeded());
    else {
      this.#source?.addEventListener('abort', this.#onSource, { once: true });
      this.#timer = this.#clock.setTimer(() => this.#onTime(), this.remainingMs());
    }
    return controller;
  }

  readonly #onSource = (): void => {
    this.close();
    this.#controller?.abort(this.#source?.reason);
  };

  #onTime(): void {
    // Node's timers may run up to a millisecond early.
    if (!this.expired) {
      this.#timer = this.#clock.setTimer(() => this.#onTime(), this.remainingMs());
      return;
    }
    this.close();
    this.#controller?.abort(this.#exceeded());
  }

  #exceeded(): DeadlineExceeded {
    const { at, startedAt, limit, dependency } = this.#moment;
    return new DeadlineExceeded(dependency, limit, at - startedAt);
  }
}

function eitherOf(first: AbortSignal | undefined, second: AbortSignal | undefined): AbortSignal | undefined {
  if (first === undefined || second === undefined || first === second) return first ?? second;
  return AbortSignal.any([first, second]);
}
