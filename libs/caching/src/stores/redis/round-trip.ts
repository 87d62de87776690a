import type { ChainableCommander, Cluster, Redis } from 'ioredis';

/** Commands that go to Redis in one write, in their order. All of their keys are in one slot. */
export class RoundTrip {
  readonly #commands: ChainableCommander;
  readonly #replies = Promise.withResolvers<readonly (readonly [error: Error | null, value: unknown])[]>();
  #count = 0;

  constructor(redis: Redis | Cluster) {
    this.#commands = redis.pipeline();
  }

  /** @returns what Redis answers to the one command that `add` adds, once {@link send} was called */
  async ask<T>(add: (commands: ChainableCommander) => unknown): Promise<T> {
    add(this.#commands);
    const index = this.#count++;
    const [error, value] = (await this.#replies.promise)[index]!;
    if (error) throw error;
    return value as T;
  }

  send(): void {
    this.#replies.resolve(this.#commands.exec() as Promise<[Error | null, unknown][]>);
  }
}
