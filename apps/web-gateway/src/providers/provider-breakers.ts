import { DomainError } from '@purser/errors';
import { CircuitBreaker, type BreakerOptions, type BreakerStatistics, type Permit } from '@purser/resilience/core';

/** What an attempt says of its provider. */
export interface AttemptOutcome {
  /**
   * `unreachable` where no connection to it could be made, or none that took the request; `ill` where it took the request and
   * failed; `unknown` where nothing was seen of it: the client went away, or the gateway's own limits ended the attempt.
   */
  readonly provider: 'well' | 'ill' | 'unreachable' | 'unknown';
  /** Whether it failed in a way that cost nothing and may pass. */
  readonly mayRetry: boolean;
}

/** Whom a request is for, of a provider's models. */
export interface CalledModel {
  readonly id: string;
  readonly name: string;
}

/** Beyond this many models of a provider, the one that was first called is forgotten, and begins anew. */
const MOST_MODELS = 1_000;
const REQUEST_TIMEOUT = 408;

/**
 * What keeps requests away from a provider: one breaker for connections to it, and one for each of its models, whose failures
 * say nothing of the others.
 */
export class ProviderBreakers {
  readonly #options: BreakerOptions;
  readonly #connections: CircuitBreaker;
  readonly #models = new Map<string, { readonly name: string; readonly breaker: CircuitBreaker }>();

  constructor(options: BreakerOptions) {
    this.#options = options;
    this.#connections = new CircuitBreaker(options);
  }

  /**
   * For who has to wait before it can call: takes nothing.
   *
   * @throws DomainError `provider_busy` while the provider or the model is not called
   */
  check(model: CalledModel): void {
    if (!this.#connections.mayEnter()) throw refusal('The provider', this.#connections);
    const breaker = this.#of(model);
    if (!breaker.mayEnter()) throw refusal('This model of the provider', breaker);
  }

  /**
   * Lets an attempt through that is about to be made.
   *
   * @throws DomainError `provider_busy` while the provider or the model is not called
   */
  enter(model: CalledModel): Passage {
    const connection = this.#connections.tryEnter();
    if (!connection) throw refusal('The provider', this.#connections);
    const breaker = this.#of(model);
    const answer = breaker.tryEnter();
    if (answer) return new Passage(connection, answer, breaker);
    connection.ignore();
    throw refusal('This model of the provider', breaker);
  }

  /** When a call of the model may be let through: 0 where it is now. */
  retryAfterMs({ id }: CalledModel): number {
    return Math.max(this.#connections.retryAfterMs, this.#models.get(id)?.breaker.retryAfterMs ?? 0);
  }

  /** Of connections. */
  statistics(): BreakerStatistics {
    return this.#connections.statistics();
  }

  /** Of each model that was called. */
  modelStatistics(): { readonly name: string; readonly breaker: BreakerStatistics }[] {
    return [...this.#models.values()].map(({ name, breaker }) => ({ name, breaker: breaker.statistics() }));
  }

  #of({ id, name }: CalledModel): CircuitBreaker {
    const known = this.#models.get(id);
    if (known) return known.breaker;
    const breaker = new CircuitBreaker(this.#options);
    this.#models.set(id, { name, breaker });
    if (this.#models.size > MOST_MODELS) this.#models.delete(this.#models.keys().next().value!);
    return breaker;
  }
}

/**
 * An attempt that was let through: told as soon as it is known how its provider does, so that nobody waits for the end of a
 * probe's answer. {@link end} comes last, or {@link ignore} where it was not made.
 */
export class Passage {
  readonly #connection: Permit;
  readonly #answer: Permit;
  readonly #breaker: CircuitBreaker;
  readonly #isProbe: boolean;
  #answered = false;

  constructor(connection: Permit, answer: Permit, breaker: CircuitBreaker) {
    this.#connection = connection;
    this.#answer = answer;
    this.#breaker = breaker;
    this.#isProbe = breaker.state.kind === 'half-open';
  }

  /** A connection has taken the request. */
  onSent(): void {
    this.#connection.succeed(0);
  }

  /** The head of the answer has come. */
  onHead(status: number): void {
    this.#connection.succeed(0);
    if (!this.#isProbe || status >= 500 || status === REQUEST_TIMEOUT) return;
    this.#answered = true;
    this.#answer.succeed(0);
  }

  end({ provider }: AttemptOutcome): void {
    if (provider === 'unreachable') this.#connection.fail();
    else if (provider === 'well') this.#answer.succeed(0);
    else if (provider === 'ill') this.#fail();
    this.ignore();
  }

  ignore(): void {
    this.#connection.ignore();
    this.#answer.ignore();
  }

  #fail(): void {
    // What a probe found well has failed after all: that counts as of any other call.
    if (this.#answered) this.#breaker.tryEnter()?.fail();
    else this.#answer.fail();
  }
}

function refusal(who: string, { retryAfterMs }: CircuitBreaker): DomainError {
  const message = `${who} is not called for now: too many calls to it failed.`;
  return new DomainError('provider_busy', message, { retryAfterMs: Math.ceil(retryAfterMs) });
}
