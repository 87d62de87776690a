import { setTimeout as sleep } from 'node:timers/promises';
import { DomainError } from '@purser/errors';
import { formatNanos } from '@purser/money';
import { Turn } from '../answer-cache/answer-cache.ts';
import { answerKey, answerTags } from '../answer-cache/answer-key.ts';
import { cachingOf, type Caching } from '../answer-cache/caching.ts';
import type { KeptAnswer } from '../answer-cache/kept-answer.ts';
import { requestName, type RequestName } from '../answer-cache/known-requests.ts';
import type { Caller } from '../authentication/caller.ts';
import type { BudgetRef, Resolution, Snapshot, Target } from '../configuration/snapshot.ts';
import type { RequestAdmission } from '../limits/request-admission.ts';
import type { AttemptSize } from '../limits/token-estimates.ts';
import type { AttemptOutcome, Passage } from '../providers/provider-breakers.ts';
import type { ProviderHealth } from '../providers/provider-health.ts';
import type { Reservation } from '../leases/lease-book.ts';
import type { OpenAttempt } from '../settlement/attempts.ts';
import { boundRequest, type BoundedRequest } from './attempt-bound.ts';
import { ChatAttempt, type AttemptPlan } from './chat-attempt.ts';
import { recordHit } from './cache-hit.ts';
import { readChatRequest, type ChatRequest } from './chat-request.ts';
import type { ClientAnswer } from './client-answer.ts';
import type { DataPlaneServices } from './data-plane-services.ts';
import { leastPromptTokens } from './prompt-bytes.ts';
import { newUsageId } from './usage-id.ts';

/** Who asks, and under which configuration the request is served throughout. */
export interface ExchangeContext {
  readonly caller: Caller;
  readonly snapshot: Snapshot;
  readonly requestId: string;
  /** What it takes of the limits that apply to it; whoever made it ends it. */
  readonly admission: RequestAdmission;
  /** The request's header `x-purser-cache`. */
  readonly cacheHeader: string | string[] | undefined;
}

/** A kept answer, and whose it is. */
interface Hit {
  readonly key: string;
  readonly kept: KeptAnswer;
  readonly target: Target;
  readonly route: string;
}

/** An attempt that was made, and what became of it. */
interface MadeAttempt {
  /** What to tell the client if nobody else answers it; undefined where it has its answer, or went away. */
  readonly failure: DomainError | undefined;
  readonly outcome: AttemptOutcome;
}

/**
 * One chat completion: reads the request, then tries the targets of its route in order. For each: the bound, what limits
 * allow (a place at the provider among it), the money, the breakers, the record of the attempt, the attempt. Nobody holds money
 * while waiting for a place, and nobody is a breaker's probe while waiting for either.
 */
export class ChatExchange {
  readonly #services: DataPlaneServices;
  readonly #answer: ClientAnswer;
  readonly #context: ExchangeContext;
  readonly #gone = new AbortController();
  #attempt: ChatAttempt | undefined;
  /** Where the answer is for others too. */
  #keeping: AttemptPlan['keeping'];
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
    const name = this.#mayBeKnown(body) ? requestName(this.#context.caller.accountId, body) : undefined;
    const hit = name === undefined ? undefined : this.#knownHit(name);
    if (hit) return this.#serveHit(hit);
    const request = readChatRequest(body, this.#services.options.maxJsonDepth);
    const resolution = this.#resolve(request.model);
    const caching = cachingOf(this.#context.cacheHeader, resolution);
    if (caching) await this.#serveCached(request, resolution, caching, name);
    else await this.#call(request, resolution);
  }

  /** Whether to look for a request among those that were read before: who has no answers kept pays next to nothing for it. */
  #mayBeKnown(body: Buffer): boolean {
    const { caller, cacheHeader } = this.#context;
    return cacheHeader !== 'off' && this.#services.answers.known.mayHave(caller.accountId, body);
  }

  /** What memory has for a request that was read before, byte for byte: it need not be read, nor anything waited for. */
  #knownHit(name: RequestName): Hit | undefined {
    const { answers } = this.#services;
    const known = answers.known.find(name);
    const resolution = known && this.#context.snapshot.resolve(known.model);
    if (!resolution || resolution.revision !== known.revision || resolution.route !== known.route) return undefined;
    if (cachingOf(this.#context.cacheHeader, resolution)?.kind !== 'on') return undefined;
    const kept = answers.inMemory(known.key);
    return kept && hitOf(known.key, kept, resolution);
  }

  async #serveCached(
    request: ChatRequest,
    resolution: Resolution,
    caching: Caching,
    name?: RequestName,
  ): Promise<void> {
    const { answers } = this.#services;
    const { accountId } = this.#context.caller;
    if (caching.kind === 'bypass' || request.body.length > answers.maxBytes) {
      this.#answer.cache = { outcome: 'BYPASS' };
      return this.#call(request, resolution);
    }
    const key = answerKey(accountId, resolution, request.body);
    const { revision, route } = resolution;
    const known = name ?? requestName(accountId, request.body);
    answers.known.remember(known, { model: request.model, route, revision, key });
    const found = await answers.claim(key, this.#gone.signal);
    if (!(found instanceof Turn)) {
      const hit = hitOf(key, found, resolution);
      return hit ? this.#serveHit(hit) : this.#call(request, resolution);
    }
    this.#answer.cache = { outcome: 'MISS', key };
    found.onUnfollowed = () => this.#letGoIfUnread();
    this.#keeping = { turn: found, ttlMs: caching.ttlMs, tags: answerTags(accountId, resolution) };
    try {
      await this.#call(request, resolution);
    } finally {
      found.end();
    }
  }

  /** Gives a kept answer again. It needs no money, no tokens, no place at a provider, and costs nothing; it is recorded all the same. */
  async #serveHit({ key, kept, target, route }: Hit): Promise<void> {
    if (this.#answer.gone) return;
    const { caller, snapshot, requestId, admission } = this.#context;
    await admission.count();
    const budgets = snapshot.budgetsFor(caller.accountId, target.provider.id, target.model.id);
    const remainingNanos = this.#services.reservations.remainingNanos(budgets);
    await recordHit(this.#services, { caller, requestId, target, route, latencyMs: Number(this.#answer.elapsedMs) });
    this.#answer.cache = { outcome: 'HIT', key, ageSeconds: Math.floor(kept.ageMs / 1_000) };
    this.#answer.whole(200, kept.headers, kept.body, {
      target,
      attempts: 0,
      costNanos: 0n,
      remainingNanos,
    });
  }

  async #call(request: ChatRequest, resolution: Resolution): Promise<void> {
    let refusal: DomainError | undefined;
    let failure: DomainError | undefined;
    for (const target of resolution.targets) {
      if (this.#answer.gone) return;
      const attemptsBefore = this.#attempts;
      try {
        failure = await this.#tryOften(request, target, resolution);
        if (!failure) return;
      } catch (error) {
        if (!(error instanceof DomainError) || this.#attempts > attemptsBefore) throw error;
        if (this.#context.admission.isRefused) throw error;
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

  /**
   * Tries a target, and again where that cost nothing and may help: nobody holds a place, or money, meanwhile.
   *
   * @throws DomainError where no attempt could begin
   */
  async #tryOften(request: ChatRequest, target: Target, resolution: Resolution): Promise<DomainError | undefined> {
    const health = this.#services.resilience.of(target.provider);
    const isLast = target === resolution.targets.at(-1);
    let made = await this.#tryOnce(health, request, target, resolution);
    health.begin();
    for (let retry = 1; made.failure && made.outcome.mayRetry; retry += 1) {
      const waitMs = health.retryWaitMs(target.model, made.failure, retry, isLast);
      if (waitMs === undefined || !(await this.#stays(waitMs))) break;
      const attemptsBefore = this.#attempts;
      try {
        made = await this.#tryOnce(health, request, target, resolution);
      } catch (error) {
        if (!(error instanceof DomainError) || this.#attempts > attemptsBefore) throw error;
        // That a retry could not begin is not what went wrong.
        break;
      }
    }
    health.end(made.failure === undefined);
    return made.failure;
  }

  /** Whether the client is still there after so long. */
  async #stays(ms: number): Promise<boolean> {
    await sleep(ms, undefined, { signal: this.#gone.signal }).catch(() => undefined);
    return !this.#answer.gone;
  }

  /** @throws DomainError where the attempt could not begin, such as while its provider is not called */
  async #tryOnce(
    health: ProviderHealth,
    request: ChatRequest,
    target: Target,
    resolution: Resolution,
  ): Promise<MadeAttempt> {
    health.check(target.model);
    const made = await this.#attemptAt(health, request, target, resolution);
    health.count(made.outcome);
    return made;
  }

  async #attemptAt(
    health: ProviderHealth,
    request: ChatRequest,
    target: Target,
    resolution: Resolution,
  ): Promise<MadeAttempt> {
    const { caller, snapshot, requestId, admission } = this.#context;
    const { provider, model } = target;
    const bounded = boundRequest(request, target, resolution);
    const endpoint = this.#services.endpoints.of(provider);
    const entered = admission.enter(target, sizeOf(request, bounded), this.#gone.signal);
    if (entered) await entered;
    const attemptsBefore = this.#attempts;
    let passage: Passage | undefined;
    try {
      const budgets = snapshot.budgetsFor(caller.accountId, provider.id, model.id);
      const reservation = await this.#reserve(budgets, bounded);
      passage = enterOrClose(() => health.enter(target.model, request.stream), reservation);
      const opened = await this.#open(target, bounded, reservation, resolution.route);
      const keeping = this.#keeping;
      const number = this.#attempts;
      const plan = { request, target, bounded, budgets, requestId, number, keeping, admission, passage };
      const attempt = (this.#attempt = new ChatAttempt(this.#services, this.#answer, plan));
      const failure = await attempt.run(endpoint, opened);
      return { failure, outcome: attempt.outcome };
    } finally {
      this.#attempt = undefined;
      // Where it was not made.
      passage?.ignore();
      admission.leave(this.#attempts > attemptsBefore);
    }
  }

  #reserve(budgets: readonly BudgetRef[], { boundNanos }: BoundedRequest): Reservation | Promise<Reservation> {
    return this.#services.reservations.reserve(budgets, boundNanos, this.#gone.signal);
  }

  /** Writes the attempt to the journal. */
  async #open(
    { provider, model }: Target,
    { boundNanos }: BoundedRequest,
    reservation: Reservation,
    route: string,
  ): Promise<OpenAttempt> {
    const { caller, requestId } = this.#context;
    const opened = await this.#services.attempts.open(reservation, {
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
      cache: this.#answer.cache?.outcome ?? 'BYPASS',
    });
    this.#attempts += 1;
    return opened;
  }

  #onGone(): void {
    this.#gone.abort(new DomainError('cancelled', 'The client went away.'));
    this.#letGoIfUnread();
  }

  /** What a client that is gone asked for is read on while others wait for it. */
  #letGoIfUnread(): void {
    if (!this.#answer.gone) return;
    if (this.#keeping?.turn.followed) this.#attempt?.readOn();
    else this.#attempt?.abandon();
  }
}

/** @throws DomainError where the provider is not called, with the money free again */
function enterOrClose(enter: () => Passage, reservation: Reservation): Passage {
  try {
    return enter();
  } catch (error) {
    reservation.close(0n);
    throw error;
  }
}

function sizeOf(request: ChatRequest, { mostInput, mostOutput }: BoundedRequest): AttemptSize {
  return { body: request.body, leastInput: () => leastPromptTokens(request), mostInput, mostOutput };
}

/** Undefined where the model that gave it is not among the targets: the key has their revision, so it has to be. */
function hitOf(key: string, kept: KeptAnswer, { targets, route }: Resolution): Hit | undefined {
  const target = targets.find(({ model }) => model.id === kept.modelId);
  return target && { key, kept, target, route };
}

/** Of two refusals the one that leaves more hope: one that may pass by itself, else the first. */
function weightier(first: DomainError | undefined, next: DomainError): DomainError {
  return first === undefined || (next.retryable && !first.retryable) ? next : first;
}

function noTarget(model: string): DomainError {
  return new DomainError('unavailable', `No model of the route ${JSON.stringify(model)} can be called right now.`);
}
