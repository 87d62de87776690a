import type { PoolClock } from './clock.ts';

/** Somebody who waits for a resource. */
export interface Waiter<T> {
  readonly resolve: (resource: T) => void;
  readonly reject: (error: Error) => void;
  /** On the pool's clock. */
  readonly since: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  /** Where it asked, while leaks are looked for. */
  readonly origin: Error | undefined;
  onAbort: (() => void) | undefined;
  queued: boolean;
  previous: Waiter<T> | undefined;
  next: Waiter<T> | undefined;
}

/**
 * First in, first out; whoever gives up leaves from the middle at no more cost. One timer, for whoever's time is over first,
 * serves all: under load a timer for each would cost more than everything else.
 */
export class WaitQueue<T> {
  readonly #clock: PoolClock;
  readonly #timedOut: (waiter: Waiter<T>) => void;
  #timer: unknown;
  #timerAt = Infinity;
  #first: Waiter<T> | undefined;
  #last: Waiter<T> | undefined;
  #size = 0;

  /** `timedOut` has to remove the waiter that it is given. */
  constructor(clock: PoolClock, timedOut: (waiter: Waiter<T>) => void) {
    this.#clock = clock;
    this.#timedOut = timedOut;
  }

  get size(): number {
    return this.#size;
  }

  get first(): Waiter<T> | undefined {
    return this.#first;
  }

  push(asker: Pick<Waiter<T>, 'resolve' | 'reject' | 'timeoutMs' | 'signal' | 'origin'>): Waiter<T> {
    const { resolve, reject, timeoutMs, signal, origin } = asker;
    const waiter: Waiter<T> = {
      resolve,
      reject,
      timeoutMs,
      signal,
      origin,
      since: this.#clock.now(),
      onAbort: undefined,
      queued: true,
      previous: this.#last,
      next: undefined,
    };
    if (this.#last) this.#last.next = waiter;
    else this.#first = waiter;
    this.#last = waiter;
    this.#size += 1;
    return waiter;
  }

  /** Has it end when its time is over, or its signal is aborted, unless it has left by then. */
  watch(waiter: Waiter<T>, cancelled: (waiter: Waiter<T>, signal: AbortSignal) => void): void {
    this.#arm(waiter.since + waiter.timeoutMs);
    const { signal } = waiter;
    if (!signal) return;
    waiter.onAbort = () => cancelled(waiter, signal);
    signal.addEventListener('abort', waiter.onAbort, { once: true });
  }

  /** Does nothing where it has left already. */
  remove(waiter: Waiter<T>): void {
    if (!waiter.queued) return;
    waiter.queued = false;
    if (waiter.previous) waiter.previous.next = waiter.next;
    else this.#first = waiter.next;
    if (waiter.next) waiter.next.previous = waiter.previous;
    else this.#last = waiter.previous;
    waiter.previous = waiter.next = undefined;
    this.#size -= 1;
    if (waiter.onAbort) waiter.signal?.removeEventListener('abort', waiter.onAbort);
    // A timer that nobody needs would keep the process alive.
    if (this.#size === 0) this.#disarm();
  }

  #arm(at: number): void {
    if (at >= this.#timerAt) return;
    this.#clock.clearTimer(this.#timer);
    this.#timerAt = at;
    this.#timer = this.#clock.setTimer(() => this.#endOverdue(), Math.max(0, at - this.#clock.now()), false);
  }

  #disarm(): void {
    if (this.#timerAt === Infinity) return;
    this.#clock.clearTimer(this.#timer);
    this.#timerAt = Infinity;
  }

  #endOverdue(): void {
    // Timers of Node may be early by less than a millisecond.
    const now = Math.max(this.#clock.now(), this.#timerAt);
    this.#timerAt = Infinity;
    let earliest = Infinity;
    for (let waiter = this.#first; waiter;) {
      const { next, since, timeoutMs } = waiter;
      const endsAt = since + timeoutMs;
      if (endsAt <= now) this.#timedOut(waiter);
      else earliest = Math.min(earliest, endsAt);
      waiter = next;
    }
    if (earliest < Infinity) this.#arm(earliest);
  }
}
