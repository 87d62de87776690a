import { BrokenCircuitError, ConsecutiveBreaker, circuitBreaker, CircuitState, handleAll } from 'cockatiel';

/** Keeps calls away from something that is not there, and lets one through now and then to see whether it is back. */
export interface Breaker {
  /** Whether calls are kept away right now. */
  readonly open: boolean;
  /** Runs `work`, or rejects with {@link BreakerOpen} without having begun it. */
  run<T>(work: () => Promise<T>): Promise<T>;
}

/** The call was not made: too many before it failed. */
export class BreakerOpen extends Error {
  override readonly name = 'BreakerOpen';
}

export interface BreakerOptions {
  /** Failures in a row that open it. Default 5. */
  readonly failures?: number;
  /** After which one call is let through again. Default 1 000. */
  readonly halfOpenAfterMs?: number;
}

export function createBreaker({ failures = 5, halfOpenAfterMs = 1_000 }: BreakerOptions = {}): Breaker {
  const policy = circuitBreaker(handleAll, {
    halfOpenAfter: halfOpenAfterMs,
    breaker: new ConsecutiveBreaker(failures),
  });
  return {
    get open() {
      return policy.state === CircuitState.Open || policy.state === CircuitState.Isolated;
    },
    async run<T>(work: () => Promise<T>): Promise<T> {
      try {
        return await policy.execute(work);
      } catch (error) {
        throw error instanceof BrokenCircuitError ? new BreakerOpen(error.message) : error;
      }
    },
  };
}
