import { DomainError } from '@purser/errors';

interface Waiting<T, R> {
  readonly item: T;
  readonly resolve: (result: R) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Collects what arrives while the last group is worked on, and hands it over as the next one: under load many callers
 * share one transaction, without load nobody waits for company.
 *
 * @typeParam T what is handed over  @typeParam R what its caller gets
 */
export class Grouped<T, R> {
  readonly #work: (items: readonly T[]) => Promise<readonly R[]>;
  readonly #maxSize: number;
  readonly #sizeOf: (item: T) => number;
  readonly #waiting: Waiting<T, R>[] = [];
  #running = false;

  /**
   * @param work gives a result for each item, in order, or fails and has changed nothing. A group that fails for a reason
   *   that does not pass by itself is done again item by item, so that one caller's fault is not that of all
   * @param options.maxSize the most that one group may hold, measured by `sizeOf` (1 each by default); a single larger
   *   item makes a group of its own
   */
  constructor(
    work: (items: readonly T[]) => Promise<readonly R[]>,
    options: { maxSize: number; sizeOf?: (item: T) => number },
  ) {
    this.#work = work;
    this.#maxSize = options.maxSize;
    this.#sizeOf = options.sizeOf ?? (() => 1);
  }

  add(item: T): Promise<R> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      if (!this.#running) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#running = true;
    // What arrives in the same turn belongs to the first group too.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, this.#count());
      await this.#do(group);
    }
    this.#running = false;
  }

  async #do(group: readonly Waiting<T, R>[]): Promise<void> {
    try {
      const results = await this.#work(group.map(({ item }) => item));
      group.forEach(({ resolve }, i) => resolve(results[i] as R));
    } catch (error) {
      const passes = error instanceof DomainError && error.retryable;
      if (group.length > 1 && !passes) for (const one of group) await this.#do([one]);
      else for (const { reject } of group) reject(error);
    }
  }

  #count(): number {
    let size = 0;
    let count = 0;
    for (const { item } of this.#waiting) {
      size += this.#sizeOf(item);
      if (count > 0 && size > this.#maxSize) break;
      count += 1;
    }
    return count;
  }
}
