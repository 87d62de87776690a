import type { Clock } from '@purser/web-gateway/protocol';
import type { World } from './world.ts';

/** One run of a program: it can be stopped for a while (SIGSTOP) and killed, and its clock drifts. */
export class Process {
  readonly clock: Clock;
  readonly #world: World;
  #dead = false;
  #stoppedUntil = 0;

  constructor(world: World) {
    this.#world = world;
    const rate = world.random.between(0.98, 1.02);
    const offset = world.random.between(0, 1e9);
    this.clock = {
      now: () => offset + world.now * rate,
      after: (ms, fn) => world.after(ms / rate, () => this.run(fn)),
      defer: (fn) => void world.after(0, () => this.run(fn)),
    };
  }

  get dead(): boolean {
    return this.#dead;
  }

  kill(): void {
    this.#dead = true;
  }

  stopFor(ms: number): void {
    this.#stoppedUntil = Math.max(this.#stoppedUntil, this.#world.now + ms);
  }

  /** Runs `fn` in this process: when it goes on again if it is stopped, never if it is dead. */
  run(fn: () => void): void {
    if (this.#dead) return;
    if (this.#world.now < this.#stoppedUntil) {
      this.#world.after(this.#stoppedUntil - this.#world.now, () => this.run(fn));
      return;
    }
    fn();
  }
}
