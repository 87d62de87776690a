import type { KeptAnswer } from './kept-answer.ts';

/** More requests than this do not wait for one answer. */
const MOST_FOLLOWERS = 10_000;

/** One request under way, and the same requests that wait for its answer. */
export class Flight {
  readonly #landed = Promise.withResolvers<KeptAnswer | undefined>();
  #followers = 0;
  /** Called whenever the last one that waited has gone without the answer. */
  onUnfollowed: () => void = () => undefined;

  /** Whether somebody waits for the answer. */
  get followed(): boolean {
    return this.#followers > 0;
  }

  get full(): boolean {
    return this.#followers >= MOST_FOLLOWERS;
  }

  /** It ended: with an answer that others may have, or without. Only the first call counts. */
  land(answer: KeptAnswer | undefined): void {
    this.#followers = 0;
    this.#landed.resolve(answer);
  }

  /**
   * Waits for the answer.
   *
   * @returns undefined where there is none for others, or not within `waitMs`
   * @throws the reason of `signal` (as a rejection) where it aborts before
   */
  follow(signal: AbortSignal, waitMs: number): Promise<KeptAnswer | undefined> {
    signal.throwIfAborted();
    this.#followers += 1;
    const { promise, resolve, reject } = Promise.withResolvers<KeptAnswer | undefined>();
    const timer = setTimeout(() => {
      resolve(undefined);
      this.#leave();
    }, waitMs);
    const leave = (): void => {
      reject(signal.reason as Error);
      this.#leave();
    };
    signal.addEventListener('abort', leave, { once: true });
    void this.#landed.promise.then(resolve);
    return promise.finally(() => {
      clearTimeout(timer);
      signal.removeEventListener('abort', leave);
    });
  }

  #leave(): void {
    if (this.#followers === 0) return;
    this.#followers -= 1;
    if (this.#followers === 0) this.onUnfollowed();
  }
}
