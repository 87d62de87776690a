import type { Clock } from './clock.ts';
import type { Ticket } from './fair-queue.ts';
import type { Grant } from './grant.ts';
import type { Refusal } from './limit-exceeded.ts';
import type { SlotLine } from './slot-line.ts';
import type { Asker, Demand } from './store.ts';

/** What ends a wait. */
export interface WaitBounds {
  readonly waitMs: number;
  readonly mostWaiting: number;
  readonly signal: AbortSignal | undefined;
}

/** One call of `acquire` that was not answered at once. It holds nothing until it is granted. */
export class Waiter {
  demands: readonly Demand[];
  readonly asker: Asker;
  readonly bounds: WaitBounds;
  /** Who came first has the lower. */
  readonly place: number;
  readonly since: number;
  readonly answer: Promise<Grant>;
  /** Where it waits, if it does. */
  line: SlotLine | undefined;
  ticket: Ticket<Waiter> | undefined;
  /** Why it waits. */
  refusal: Refusal | undefined;
  isDone = false;

  #grant!: (grant: Grant) => void;
  #fail!: (error: unknown) => void;
  #callOffTimer: (() => void) | undefined;
  #unlisten: (() => void) | undefined;

  constructor(demands: readonly Demand[], asker: Asker, bounds: WaitBounds, place: number, since: number) {
    this.demands = demands;
    this.asker = asker;
    this.bounds = bounds;
    this.place = place;
    this.since = since;
    this.answer = new Promise((grant, fail) => {
      this.#grant = grant;
      this.#fail = fail;
    });
  }

  /** Has it told when it may wait no longer, or its caller does not want it to. Whoever may not wait has only the store to wait for. */
  bound(clock: Clock, onTimeout: (waiter: Waiter) => void, onAbort: (waiter: Waiter) => void): void {
    const { waitMs, signal } = this.bounds;
    if (waitMs > 0) this.#callOffTimer = clock.after(waitMs, () => onTimeout(this));
    if (signal === undefined) return;
    const abort = () => onAbort(this);
    signal.addEventListener('abort', abort, { once: true });
    this.#unlisten = () => signal.removeEventListener('abort', abort);
  }

  grant(grant: Grant): void {
    this.#end();
    this.#grant(grant);
  }

  fail(error: unknown): void {
    this.#end();
    this.#fail(error);
  }

  #end(): void {
    this.isDone = true;
    this.#callOffTimer?.();
    this.#unlisten?.();
  }
}
