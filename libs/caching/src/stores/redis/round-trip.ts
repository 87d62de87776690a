import type { ChainableCommander, Cluster, Redis } from 'ioredis';

/** Adds one command to others; of a connection, sends it. */
type Add = (commands: ChainableCommander) => unknown;

/** Commands that go to Redis together, in their order. All of their keys are in one slot. */
export interface RoundTrip {
  /** @returns what Redis answers to the one command that `add` adds, once {@link send} was called */
  ask<T>(add: Add): Promise<T>;
  send(): void;
}

/** @param manyKeys whether one write is worth to be put together: for a few commands it costs more than it saves */
export function roundTrip(redis: Redis | Cluster, manyKeys: boolean): RoundTrip {
  return manyKeys ? new OneWrite(redis) : new AsTheyCome(redis);
}

class AsTheyCome implements RoundTrip {
  readonly #redis: Redis | Cluster;

  constructor(redis: Redis | Cluster) {
    this.#redis = redis;
  }

  ask<T>(add: Add): Promise<T> {
    return add(this.#redis as unknown as ChainableCommander) as Promise<T>;
  }

  send(): void {
    // They are on their way.
  }
}

class OneWrite implements RoundTrip {
  readonly #commands: ChainableCommander;
  readonly #replies = Promise.withResolvers<readonly (readonly [error: Error | null, value: unknown])[]>();
  #count = 0;

  constructor(redis: Redis | Cluster) {
    this.#commands = redis.pipeline();
  }

  async ask<T>(add: Add): Promise<T> {
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
