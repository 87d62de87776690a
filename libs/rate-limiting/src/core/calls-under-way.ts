import type { Clock } from './clock.ts';

/** Calls that were not answered yet, where what they answer has to be dealt with before something ends. */
export class CallsUnderWay {
  #count = 0;
  #allEnded: (() => void) | undefined;

  /** @returns what it was given */
  track<T>(call: Promise<T>): Promise<T> {
    this.#count += 1;
    const ended = (): void => {
      this.#count -= 1;
      if (this.#count === 0) this.#allEnded?.();
    };
    call.then(ended, ended);
    return call;
  }

  /** Resolves when none is under way, or after so many milliseconds. */
  async ended(clock: Clock, withinMs: number): Promise<void> {
    if (this.#count === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#allEnded = resolve;
    const callOff = clock.after(withinMs, resolve);
    await promise;
    callOff();
  }
}
