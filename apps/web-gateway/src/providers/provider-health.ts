import { DomainError } from '@purser/errors';
import {
  CircuitBreaker,
  fullJitter,
  RetryBudget,
  type Backoff,
  type BreakerOptions,
  type DependencyStatistics,
  type Permit,
} from '@purser/resilience';

/** How failures of a provider are kept from spreading. Times are milliseconds. */
export interface ProviderResilienceOptions {
  /** How often a request is tried again at the same provider, where the failed attempt cost nothing. */
  readonly retries: number;
  /** How many retries there may be for each request, over all requests of late. */
  readonly retryRatio: number;
  /** The longest wait before the first retry; before each further one twice as long. */
  readonly retryBaseMs: number;
  /** The longest `Retry-After` that is waited for. */
  readonly maxRetryAfterMs: number;
  readonly breaker: Pick<BreakerOptions, 'failureRate' | 'minimumCalls' | 'openMs' | 'maxOpenMs'>;
}

/** What an attempt says of its provider. */
export interface AttemptOutcome {
  /** `unknown` where the client went away before it was seen. */
  readonly provider: 'well' | 'ill' | 'unknown';
  /** Whether it failed in a way that cost nothing and may pass. */
  readonly mayRetry: boolean;
}

/** How one provider fares, over all requests of this gateway. */
export class ProviderHealth {
  readonly #name: string;
  readonly #options: ProviderResilienceOptions;
  readonly #breaker: CircuitBreaker;
  readonly #budget: RetryBudget;
  readonly #backoff: Backoff;
  #attempts = 0;
  #failedAttempts = 0;
  #successes = 0;
  #failures = 0;
  #retries = 0;

  constructor(name: string, options: ProviderResilienceOptions) {
    this.#name = name;
    this.#options = options;
    this.#breaker = new CircuitBreaker({ name, ...options.breaker });
    this.#budget = new RetryBudget({ ratio: options.retryRatio });
    this.#backoff = fullJitter({ baseMs: options.retryBaseMs });
  }

  /** A request comes to it. */
  begin(): void {
    this.#budget.recordCall();
  }

  /** @throws DomainError `provider_busy` while it is not called, because too many calls failed */
  enter(): Permit {
    const permit = this.#breaker.tryEnter();
    if (permit) return permit;
    const retryAfterMs = Math.ceil(this.#breaker.retryAfterMs);
    throw new DomainError('provider_busy', 'The provider is not called for now: too many calls to it failed.', {
      retryAfterMs,
    });
  }

  /** An attempt has ended. */
  settle(permit: Permit, { provider }: AttemptOutcome, durationMs: number): void {
    this.#attempts += 1;
    if (provider === 'well') permit.succeed(durationMs);
    else if (provider === 'ill') permit.fail();
    else permit.ignore();
    if (provider === 'ill') this.#failedAttempts += 1;
  }

  /** A request is over as far as this provider goes. */
  end(isAnswered: boolean): void {
    if (isAnswered) this.#successes += 1;
    else this.#failures += 1;
  }

  /**
   * How long to wait before the next attempt of a request; undefined where there is none: because of the number there were, the
   * breaker, the `retryAfterMs` that the provider asks for, or the budget.
   */
  retryWaitMs(failure: DomainError, retry: number): number | undefined {
    const { retries, maxRetryAfterMs } = this.#options;
    if (retry > retries || this.#breaker.retryAfterMs > 0) return undefined;
    const asked = Number(failure.details['retryAfterMs'] ?? 0);
    if (asked > maxRetryAfterMs || !this.#budget.tryRetry()) return undefined;
    this.#retries += 1;
    return Math.max(asked, this.#backoff(retry));
  }

  /** As `provider/<name>` among the dependencies. */
  statistics(): DependencyStatistics {
    const budget = this.#budget.statistics();
    const breaker = this.#breaker.statistics();
    const none = { 'attempt-timeout': 0, deadline: 0, 'bulkhead-full': 0, cancelled: 0 };
    return {
      name: `provider/${this.#name}`,
      calls: budget.calls,
      successes: this.#successes,
      failures: { ...none, error: this.#failures, 'breaker-open': breaker.refused },
      attempts: this.#attempts,
      attemptFailures: { ...none, error: this.#failedAttempts, 'breaker-open': 0 },
      ...{ retries: this.#retries, retriesRefused: budget.refused, fallbacks: 0, budget, breaker, bulkhead: null },
    };
  }
}
