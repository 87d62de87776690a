import type { Clock } from '../core/clock.ts';

interface SimulatedTimer {
  readonly at: number;
  readonly run: () => void;
}

/**
 * Time that passes only when it is told to. What waits runs in the order of its moments, each with all that follows from it
 * before the next: the same every time.
 */
export class SimulatedTime implements Clock {
  readonly #timers = new Set<SimulatedTimer>();
  #now = 1_000;

  now(): number {
    return this.#now;
  }

  /** Timers that have yet to run. */
  get waiting(): number {
    return this.#timers.size;
  }

  setTimer(run: () => void, ms: number): SimulatedTimer {
    const timer = { at: this.#now + ms, run };
    this.#timers.add(timer);
    return timer;
  }

  clearTimer(timer: object): void {
    this.#timers.delete(timer as SimulatedTimer);
  }

  /** Resolves after `ms` of this time. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.setTimer(resolve, ms));
  }

  /** Lets time pass, and everything run that falls due in it. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settled();
    for (let next = this.#next(end); next; next = this.#next(end)) {
      this.#now = Math.max(this.#now, next.at);
      this.#timers.delete(next);
      next.run();
      await settled();
    }
    this.#now = end;
  }

  /** Lets time pass with nothing run: for what has no timers. */
  skip(ms: number): void {
    this.#now += ms;
  }

  #next(end: number): SimulatedTimer | undefined {
    let next: SimulatedTimer | undefined;
    for (const timer of this.#timers) {
      if (timer.at <= end && (next === undefined || timer.at < next.at)) next = timer;
    }
    return next;
  }
}

/** All that needs no time has been done. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
