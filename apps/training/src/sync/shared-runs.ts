interface Run {
  readonly current: Promise<void>;
  next?: Promise<void>;
}

/**
 * Does work by key, for each key once at a time. Who asks while it runs shares one more run, which begins after it: so
 * everyone's run begins after they asked, and however many ask, at most one waits.
 */
export class SharedRuns {
  readonly #runs = new Map<string, Run>();

  /** How many keys have work. */
  get size(): number {
    return this.#runs.size;
  }

  /** Whether the key has work. */
  has(key: string): boolean {
    return this.#runs.has(key);
  }

  /** Resolves, or rejects, as the work of the caller's run does. */
  run(key: string, work: () => Promise<void>): Promise<void> {
    const running = this.#runs.get(key);
    if (running === undefined) return this.#start(key, work);
    running.next ??= running.current.then(
      () => this.#start(key, work),
      () => this.#start(key, work),
    );
    return running.next;
  }

  /** Resolves when no work is left; what is asked for meanwhile is waited for as well. */
  async idle(): Promise<void> {
    while (this.#runs.size > 0) {
      await Promise.allSettled([...this.#runs.values()].map(({ current, next }) => next ?? current));
    }
  }

  #start(key: string, work: () => Promise<void>): Promise<void> {
    const run: Run = {
      current: work().finally(() => {
        if (run.next === undefined) this.#runs.delete(key);
      }),
    };
    this.#runs.set(key, run);
    return run.current;
  }
}
