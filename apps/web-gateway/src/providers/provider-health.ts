import { DomainError } from '@purser/errors';
import {
  fullJitter,
  RetryBudget,
  type Backoff,
  type BreakerOptions,
  type DependencyStatistics,
} from '@purser/resilience/core';
import { ProviderBreakers, type AttemptOutcome, type CalledModel, type Passage } from './provider-breakers.ts';

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
  /** How long the head of a streamed answer may take before the call is slow; 0: as long as it wants. */
  readonly slowFirstByteMs: number;
  readonly breaker: Pick<BreakerOptions, 'failureRate' | 'minimumCalls' | 'openMs' | 'maxOpenMs' | 'probeTimeoutMs'>;
}

/** How one provider fares, over all requests of this gateway. */
export class ProviderHealth {
  readonly #name: string;
  readonly #options: ProviderResilienceOptions;
  readonly #breakers: ProviderBreakers;
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
    this.#breakers = new ProviderBreakers(options.breaker, options.slowFirstByteMs);
    this.#budget = new RetryBudget({ ratio: options.retryRatio });
    this.#backoff = fullJitter({ baseMs: options.retryBaseMs });
  }

  /** A request comes to it. */
  begin(): void {
    this.#budget.recordCall();
  }

  /**
   * Before anything is waited for, or taken, for an attempt.
   *
   * @throws DomainError `provider_busy` while the provider or the model is not called, because too many calls failed or were slow
   */
  check(model: CalledModel): void {
    this.#breakers.check(model);
  }

  /** Lets an attempt through that is about to be made. @throws DomainError as {@link check} does */
  enter(model: CalledModel, isStream: boolean): Passage {
    return this.#breakers.enter(model, isStream);
  }

  /** An attempt has ended. */
  count({ provider }: AttemptOutcome): void {
    this.#attempts += 1;
    if (provider === 'ill' || provider === 'unreachable') this.#failedAttempts += 1;
  }

  /** A request is over as far as this provider goes. */
  end(isAnswered: boolean): void {
    if (isAnswered) this.#successes += 1;
    else this.#failures += 1;
  }

  /**
   * How long to wait before the next attempt of a request; undefined where there is none: because of the number there were, the
   * breakers, the `retryAfterMs` that the provider asks for, or the budget.
   *
   * @param isLast whether no other target is left: else a provider that wants nothing for a while is not waited for
   */
  retryWaitMs(model: CalledModel, failure: DomainError, retry: number, isLast: boolean): number | undefined {
    const { retries, maxRetryAfterMs } = this.#options;
    if (retry > retries || this.#breakers.retryAfterMs(model) > 0) return undefined;
    const asked = Number(failure.details['retryAfterMs'] ?? 0);
    if (asked > (isLast ? maxRetryAfterMs : 0) || !this.#budget.tryRetry()) return undefined;
    this.#retries += 1;
    return asked + this.#backoff(retry);
  }

  /**
   * As `provider/<name>` among the dependencies, its streams that begin too late as `provider/<name> first byte`, and each of
   * its models, with its breaker, as `provider/<name>/<model>`.
   */
  statistics(): DependencyStatistics[] {
    const budget = this.#budget.statistics();
    const breaker = this.#breakers.statistics();
    const beginning = this.#breakers.beginningStatistics();
    const models = this.#breakers.modelStatistics();
    const refused = models.reduce(
      (sum, model) => sum + model.breaker.refused,
      breaker.refused + (beginning?.refused ?? 0),
    );
    const whole: DependencyStatistics = {
      name: `provider/${this.#name}`,
      calls: budget.calls,
      successes: this.#successes,
      failures: { ...NONE, error: this.#failures, 'breaker-open': refused },
      attempts: this.#attempts,
      attemptFailures: { ...NONE, error: this.#failedAttempts },
      ...{ retries: this.#retries, retriesRefused: budget.refused, fallbacks: 0, budget, breaker, bulkhead: null },
    };
    const late = beginning ? [breakerAlone(`${whole.name} first byte`, beginning)] : [];
    return [whole, ...late, ...models.map((model) => breakerAlone(`${whole.name}/${model.name}`, model.breaker))];
  }
}

const NONE = {
  ...{ error: 0, 'attempt-timeout': 0, deadline: 0, 'breaker-open': 0, 'bulkhead-full': 0, cancelled: 0 },
} as const;

/** What is counted with the provider is not counted again. */
function breakerAlone(name: string, breaker: NonNullable<DependencyStatistics['breaker']>): DependencyStatistics {
  return {
    ...{ name, calls: 0, successes: 0, failures: NONE, attempts: 0, attemptFailures: NONE },
    ...{ retries: 0, retriesRefused: 0, fallbacks: 0, budget: null, breaker, bulkhead: null },
  };
}
