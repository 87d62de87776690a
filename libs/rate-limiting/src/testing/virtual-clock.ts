import type { Clock } from '../core/clock.ts';
import { Heap } from '../core/heap.ts';

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
  index: number;
  isOver: boolean;
}

/** Time that passes only where a test says so, and fires the timers that are due by then in their order. */
export class VirtualClock implements Clock {
  #now: number;
  #order = 0;
  #pending = 0;
  readonly #timers = new Heap<'index', Timer>('index', isSooner);

  constructor(now = 0) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  /** Timers that are neither due nor called off. */
  get pending(): number {
    return this.#pending;
  }

  after(ms: number, run: () => void): () => void {
    this.#order += 1;
    const timer: Timer = { at: this.#now + ms, order: this.#order, run, index: 0, isOver: false };
    this.#timers.add(timer);
    this.#pending += 1;
    return () => this.#remove(timer);
  }

  /** Lets it pass, and after each timer whatever promises have to do. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (let next = this.#timers.first; next !== undefined && next.at <= end; next = this.#timers.first) {
      this.#remove(next);
      this.#now = Math.max(this.#now, next.at);
      next.run();
      await settled();
    }
    this.#now = end;
    await settled();
  }

  #remove(timer: Timer): void {
    if (timer.isOver) return;
    timer.isOver = true;
    this.#pending -= 1;
    this.#timers.remove(timer);
  }
}

function isSooner(one: Timer, other: Timer): boolean {
  return one.at === other.at ? one.order < other.order : one.at < other.at;
}

/** When all promises that are settled by now have told whoever awaits them. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
