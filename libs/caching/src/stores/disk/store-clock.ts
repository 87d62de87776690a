/**
 * Milliseconds of the wall clock that only ever go up, at least as fast as time itself. A wall clock that is set forward ends
 * lives early; one that is set back never makes them longer.
 */
export class StoreClock {
  readonly #wall: () => number;
  readonly #monotonic: () => number;
  #ahead = -Infinity;

  constructor(wall: () => number = Date.now, monotonic: () => number = () => performance.now()) {
    this.#wall = wall;
    this.#monotonic = monotonic;
  }

  now(): number {
    const elapsed = this.#monotonic();
    this.#ahead = Math.max(this.#ahead, this.#wall() - elapsed);
    return Math.floor(elapsed + this.#ahead);
  }
}
