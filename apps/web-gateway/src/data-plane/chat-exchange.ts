import { DomainError } from '@purser/errors';
import { formatNanos } from '@purser/money';
import type { Caller } from '../authentication/caller.ts';
import type { BudgetRef, Resolution, Snapshot, Target } from '../configuration/snapshot.ts';
import type { OpenAttempt } from '../settlement/attempts.ts';
import { boundRequest, type BoundedRequest } from './attempt-bound.ts';
import { ChatAttempt } from './chat-attempt.ts';
import { readChatRequest, type ChatRequest } from './chat-request.ts';
import type { ClientAnswer } from './client-answer.ts';
import type { DataPlaneServices } from './data-plane-services.ts';
import { newUsageId } from './usage-id.ts';

/** Who asks, and under which configuration the request is served throughout. */
export interface ExchangeContext {
  readonly caller: Caller;
  readonly snapshot: Snapshot;
  readonly requestId: string;
}

/**
 * One chat completion: reads the request, then tries the targets of its route in order. For each: the bound, a slot at the
 * provider, the money, the record of the attempt, the attempt. Nobody holds money while waiting for a slot.
 */
export class ChatExchange {
  readonly #services: DataPlaneServices;
  readonly #answer: ClientAnswer;
  readonly #context: ExchangeContext;
  readonly #gone = new AbortController();
  #attempt: ChatAttempt | undefined;
  #attempts = 0;

  constructor(services: DataPlaneServices, answer: ClientAnswer, context: ExchangeContext) {
    this.#services = services;
    this.#answer = answer;
    this.#context = context;
    answer.onGone = () => this.#onGone();
  }

  /** Attempts made so far. */
  get attempts(): number {
    return this.#attempts;
  }

  /**
   * Resolves when the client has its answer or went away, and all that was taken for it is given back.
   *
   * @throws DomainError (as a rejection) what to tell the client, which has got nothing yet
   */
  async serve(body: Buffer): Promise<void> {
    const request = readChatRequest(body, this.#services.options.maxJsonDepth);
    const resolution = this.#resolve(request.model);
    let refusal: DomainError | undefined;
    let failure: DomainError | undefined;
    for (const target of resolution.targets) {
      if (this.#answer.gone) return;
      const attemptsBefore = this.#attempts;
      try {
        failure = await this.#try(request, target, resolution);
        if (!failure) return;
      } catch (error) {
        if (!(error instanceof DomainError) || this.#attempts > attemptsBefore) throw error;
        refusal = weightier(refusal, error);
      }
    }
    // Once a target was tried, that the others could not be paid is not what went wrong.
    throw failure ?? refusal ?? noTarget(request.model);
  }

  #resolve(model: string): Resolution {
    const resolution = this.#context.snapshot.resolve(model);
    if (resolution) return resolution;
    throw new DomainError('model_not_found', `The model ${JSON.stringify(model)} does not exist.`, { field: 'model' });
  }

  /** @throws DomainError where the attempt could not begin */
  async #try(request: ChatRequest, target: Target, resolution: Resolution): Promise<DomainError | undefined> {
    const { caller, snapshot, requestId } = this.#context;
    const { provider, model } = target;
    const bounded = boundRequest(request, target, resolution);
    const endpoint = this.#services.endpoints.of(provider);
    const slots = this.#services.slots.of(provider);
    if (!slots.tryTake()) await slots.wait(caller.keyId, this.#gone.signal);
    try {
      const budgets = snapshot.budgetsFor(caller.accountId, provider.id, model.id);
      const opened = await this.#open(target, bounded, budgets, resolution.route);
      const plan = { request, target, bounded, budgets, requestId, number: this.#attempts };
      this.#attempt = new ChatAttempt(this.#services, this.#answer, plan);
      return await this.#attempt.run(endpoint, opened);
    } finally {
      this.#attempt = undefined;
      slots.release();
    }
  }

  /** Reserves the bound and writes the attempt to the journal. */
  async #open(
    { provider, model }: Target,
    { boundNanos }: BoundedRequest,
    budgets: readonly BudgetRef[],
    route: string,
  ): Promise<OpenAttempt> {
    const { reservations, attempts } = this.#services;
    const { caller, requestId } = this.#context;
    const reserved = reservations.reserve(budgets, boundNanos, this.#gone.signal);
    const reservation = reserved instanceof Promise ? await reserved : reserved;
    const opened = await attempts.open(reservation, {
      usageId: newUsageId(),
      bound: formatNanos(boundNanos),
      leases: [...reservation.leases],
      priceVersion: model.price.version,
      at: new Date().toISOString(),
      requestId,
      attempt: this.#attempts + 1,
      accountId: caller.accountId,
      keyId: caller.keyId,
      provider: provider.name,
      model: model.name,
      route,
      cache: 'BYPASS',
    });
    this.#attempts += 1;
    return opened;
  }

  #onGone(): void {
    this.#gone.abort(new DomainError('cancelled', 'The client went away.'));
    this.#attempt?.abandon();
  }
}

/** Of two refusals the one that leaves more hope: one that may pass by itself, else the first. */
function weightier(first: DomainError | undefined, next: DomainError): DomainError {
  return first === undefined || (next.retryable && !first.retryable) ? next : first;
}

function noTarget(model: string): DomainError {
  return new DomainError('unavailable', `No model of the route ${JSON.stringify(model)} can be called right now.`);
}
