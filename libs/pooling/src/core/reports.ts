import type { PoolNumbers } from './numbers.ts';
import type { PoolProblem } from './pool-options.ts';

/** Tells callbacks of the user, whose own failures must not become the pool's. */
export class Reports {
  readonly #pool: string;
  readonly #onProblem: (problem: PoolProblem) => void;
  readonly #numbers: () => PoolNumbers;

  constructor(pool: string, onProblem: (problem: PoolProblem) => void, numbers: () => PoolNumbers) {
    this.#pool = pool;
    this.#onProblem = onProblem;
    this.#numbers = numbers;
  }

  problem(during: PoolProblem['during'], error: unknown): void {
    const problem = { pool: this.#pool, during, error, numbers: this.#numbers() };
    // Whoever would be told of its failure is the one that failed.
    this.#run(
      () => this.#onProblem(problem),
      () => {},
    );
  }

  /** Runs a callback; what it throws, or rejects with, is a problem. */
  guard(run: () => unknown): void {
    this.#run(run, (error) => this.problem('callback', error));
  }

  #run(run: () => unknown, failed: (error: unknown) => void): void {
    try {
      const result = run();
      if (result instanceof Promise) result.catch(failed);
    } catch (error) {
      failed(error);
    }
  }
}
