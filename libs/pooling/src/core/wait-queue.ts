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
  timer: unknown;
  queued: boolean;
  previous: Waiter<T> | undefined;
  next: Waiter<T> | undefined;
}

/** First in, first out; whoever gives up leaves from the middle at no more cost. */
export class WaitQueue<T> {
  readonly #clock: PoolClock;
  #first: Waiter<T> | undefined;
  #last: Waiter<T> | undefined;
  #size = 0;

  constructor(clock: PoolClock) {
    this.#clock = clock;
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
      ...{ resolve, reject, timeoutMs, signal, origin, since: this.#clock.now() },
      ...{ onAbort: undefined, timer: undefined, queued: true, previous: this.#last, next: undefined },
    };
    if (this.#last) this.#last.next = waiter;
    else this.#first = waiter;
    this.#last = waiter;
    this.#size += 1;
    return waiter;
  }

  /** Has it told when its time is over, or its signal is aborted, unless it has left by then. */
  watch(waiter: Waiter<T>, timedOut: () => void, cancelled: (signal: AbortSignal) => void): void {
    const { signal, timeoutMs } = waiter;
    waiter.timer = this.#clock.setTimer(timedOut, timeoutMs, false);
    if (!signal) return;
    waiter.onAbort = () => cancelled(signal);
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
    if (waiter.timer !== undefined) this.#clock.clearTimer(waiter.timer);
    if (waiter.onAbort) waiter.signal?.removeEventListener('abort', waiter.onAbort);
  }
}
