import type { Clock } from '../../core/clock.ts';

interface VirtualTimer {
  readonly id: number;
  readonly run: () => void;
  readonly everyMs: number | undefined;
  at: number;
}

const REAL_NAMES = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] as const;

/**
 * Time that passes only when it is told to. While it is installed, `setTimeout`, `setInterval` and `Date.now` go by it; it is
 * a {@link Clock} too. What waits runs in the order of its moments, each with all that follows from it before the next: the
 * same every time.
 */
export class VirtualTime implements Clock {
  readonly #timers = new Map<number, VirtualTimer>();
  #now = 1_000;
  #nextId = 1;
  #restore: (() => void) | undefined;

  now(): number {
    return this.#now;
  }

  /** Timers that have yet to run. */
  get waiting(): number {
    return this.#timers.size;
  }

  /** Takes the place of the real time in this realm, until {@link uninstall}. */
  install(): void {
    const real = Object.fromEntries(REAL_NAMES.map((name) => [name, globalThis[name]]));
    const realNow = Date.now;
    const clear = (timer?: { readonly id: number }): void => void (timer && this.#timers.delete(timer.id));
    Object.assign(globalThis, {
      setTimeout: (run: () => void, ms = 0) => this.#add(run, ms, undefined),
      setInterval: (run: () => void, ms = 0) => this.#add(run, ms, Math.max(1, ms)),
      clearTimeout: clear,
      clearInterval: clear,
    });
    Date.now = () => this.#now;
    this.#restore = () => {
      Object.assign(globalThis, real);
      Date.now = realNow;
    };
  }

  uninstall(): void {
    this.#restore?.();
    this.#restore = undefined;
  }

  /** Lets time pass, and everything run that falls due in it. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settled();
    for (let next = this.#next(end); next; next = this.#next(end)) {
      this.#now = Math.max(this.#now, next.at);
      if (next.everyMs === undefined) this.#timers.delete(next.id);
      else next.at += next.everyMs;
      next.run();
      await settled();
    }
    this.#now = end;
  }

  #add(run: () => void, ms: number, everyMs: number | undefined): object {
    const id = this.#nextId++;
    this.#timers.set(id, { id, run, everyMs, at: this.#now + Math.max(1, ms) });
    const handle = { id, ref: () => handle, unref: () => handle, hasRef: () => true };
    return handle;
  }

  #next(end: number): VirtualTimer | undefined {
    let next: VirtualTimer | undefined;
    for (const timer of this.#timers.values()) {
      if (timer.at <= end && (next === undefined || timer.at < next.at)) next = timer;
    }
    return next;
  }
}

/** All that needs no time has been done. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
