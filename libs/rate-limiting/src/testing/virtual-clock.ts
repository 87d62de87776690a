import type { Clock } from '../core/clock.ts';

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** Time that passes only where a test says so, and fires the timers that are due by then in their order. */
export class VirtualClock implements Clock {
  #now: number;
  #order = 0;
  readonly #timers = new Set<Timer>();

  constructor(now = 0) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  /** Timers that are neither due nor called off. */
  get pending(): number {
    return this.#timers.size;
  }

  after(ms: number, run: () => void): () => void {
    this.#order += 1;
    const timer = { at: this.#now + ms, order: this.#order, run };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** Lets it pass, and after each timer whatever promises have to do. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (let next = this.#nextUntil(end); next !== undefined; next = this.#nextUntil(end)) {
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.run();
      await settled();
    }
    this.#now = end;
    await settled();
  }

  #nextUntil(end: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.at > end) continue;
      const isSooner = next === undefined || timer.at < next.at || (timer.at === next.at && timer.order < next.order);
      if (isSooner) next = timer;
    }
    return next;
  }
}

/** When all promises that are settled by now have told whoever awaits them. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
