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
 * What keeps requests away from a provider: one breaker for connections to it, one for those of its streams that do not begin
 * in time, and one for each of its models, whose failures say nothing of the others.
 */
export class ProviderBreakers {
  readonly #options: BreakerOptions;
  readonly #connections: CircuitBreaker;
  readonly #beginnings: CircuitBreaker | undefined;
  readonly #slowMs: number;
  readonly #models = new Map<string, { readonly name: string; readonly breaker: CircuitBreaker }>();

  /** @param slowMs how long the head of a stream may take before it is slow; 0: as long as it wants */
  constructor(options: BreakerOptions, slowMs: number) {
    this.#options = options;
    this.#slowMs = slowMs;
    this.#connections = new CircuitBreaker(options);
    this.#beginnings = slowMs === 0 ? undefined : new CircuitBreaker({ ...options, slowCallMs: slowMs });
  }

  /**
   * For who has to wait before it can call: takes nothing.
   *
   * @throws DomainError `provider_busy` while the provider or the model is not called
   */
  check(model: CalledModel): void {
    if (!this.#connections.mayEnter()) throw refusal('The provider', this.#connections);
    if (this.#beginnings?.mayEnter() === false) throw refusal('The provider', this.#beginnings);
    const breaker = this.#of(model);
    if (!breaker.mayEnter()) throw refusal('This model of the provider', breaker);
  }

  /**
   * Lets an attempt through that is about to be made.
   *
   * @param isStream whether its answer begins before the model has finished
   * @throws DomainError `provider_busy` while the provider or the model is not called
   */
  enter(model: CalledModel, isStream: boolean): Passage {
    const breaker = this.#of(model);
    const answer = breaker.tryEnter();
    if (!answer) throw refusal('This model of the provider', breaker);
    const beginning = isStream ? this.#beginnings?.tryEnter() : undefined;
    const isSlow = isStream && this.#beginnings !== undefined && !beginning;
    const connection = isSlow ? undefined : this.#connections.tryEnter();
    if (connection) return new Passage({ connection, beginning, answer, breaker, slowMs: this.#slowMs });
    answer.ignore();
    beginning?.ignore();
    throw refusal('The provider', isSlow ? this.#beginnings! : this.#connections);
  }

  /** When a call of the model may be let through: 0 where it is now. */
  retryAfterMs({ id }: CalledModel): number {
    const { retryAfterMs } = this.#connections;
    return Math.max(retryAfterMs, this.#beginnings?.retryAfterMs ?? 0, this.#models.get(id)?.breaker.retryAfterMs ?? 0);
  }

  /** Of connections. */
  statistics(): BreakerStatistics {
    return this.#connections.statistics();
  }

  /** Of streams that do not begin in time; undefined where they may take as long as they want. */
  beginningStatistics(): BreakerStatistics | undefined {
    return this.#beginnings?.statistics();
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

/** What let an attempt through. */
interface Permits {
  readonly connection: Permit;
  /** Of a stream. */
  readonly beginning: Permit | undefined;
  /** Its model's. */
  readonly answer: Permit;
  readonly breaker: CircuitBreaker;
  readonly slowMs: number;
}

/**
 * An attempt that was let through: told as soon as it is known how its provider does, so that nobody waits for the end of a
 * probe's answer. {@link end} comes last, or {@link ignore} where it was not made.
 */
export class Passage {
  readonly #permits: Permits;
  readonly #isProbe: boolean;
  readonly #beganAt = performance.now();
  #answered = false;

  constructor(permits: Permits) {
    this.#permits = permits;
    this.#isProbe = permits.breaker.state.kind === 'half-open';
  }

  /** A connection has taken the request. */
  onSent(): void {
    this.#permits.connection.succeed(0);
  }

  /** The head of the answer has come. */
  onHead(status: number): void {
    this.#permits.connection.succeed(0);
    this.#permits.beginning?.succeed(performance.now() - this.#beganAt);
    if (!this.#isProbe || status >= 500 || status === REQUEST_TIMEOUT) return;
    this.#answered = true;
    this.#permits.answer.succeed(0);
  }

  end({ provider }: AttemptOutcome): void {
    const { connection, beginning, answer, slowMs } = this.#permits;
    const elapsedMs = performance.now() - this.#beganAt;
    if (elapsedMs >= slowMs) beginning?.succeed(elapsedMs);
    if (provider === 'unreachable') connection.fail();
    else if (provider === 'well') answer.succeed(0);
    else if (provider === 'ill') this.#fail();
    this.ignore();
  }

  ignore(): void {
    const { connection, beginning, answer } = this.#permits;
    for (const permit of [connection, beginning, answer]) permit?.ignore();
  }

  #fail(): void {
    // What a probe found well has failed after all: that counts as of any other call.
    if (this.#answered) this.#permits.breaker.tryEnter()?.fail();
    else this.#permits.answer.fail();
  }
}

function refusal(who: string, { retryAfterMs }: CircuitBreaker): DomainError {
  const message = `${who} is not called for now: too many calls to it failed or were slow.`;
  return new DomainError('provider_busy', message, { retryAfterMs: Math.ceil(retryAfterMs) });
}
