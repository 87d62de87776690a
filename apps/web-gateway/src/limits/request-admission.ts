import type { IncomingHttpHeaders } from 'node:http';
import { DomainError } from '@purser/errors';
import { LimitExceeded, type Demand, type Grant, type Limiter, type RateLimit } from '@purser/rate-limiting';
import type { Target } from '../configuration/snapshot.ts';
import { nameOf } from './limit-names.ts';
import { refusalError } from './limit-refusal.ts';
import type { ProviderLimits } from './provider-limits.ts';
import type { ProviderQuotas, QuotaOwner } from './provider-quotas.ts';
import type { RefusedUntil } from './refused-until.ts';
import { RequestCount } from './request-count.ts';
import { unlimited, type RequestLimits } from './request-limits.ts';
import type { AttemptSize, ReportedTokens, TokenEstimate, TokenEstimates } from './token-estimates.ts';

/** What a request that goes to providers is admitted with. */
export interface AdmissionContext {
  readonly limiter: Limiter;
  readonly refused: RefusedUntil;
  readonly estimates: TokenEstimates;
  /** What providers said of their own limits. */
  readonly quotas: ProviderQuotas;
  /** Between whom slots are shared fairly: the key's id. */
  readonly client: string;
  readonly limits: RequestLimits;
  readonly limitsOf: (provider: Target['provider']) => ProviderLimits;
}

const PROVIDER_REQUESTS = nameOf('provider', 'requests');
const PROVIDER_TOKENS = nameOf('provider', 'tokens');
const PROVIDER_SLOTS = nameOf('provider', 'concurrency');

/** What of limits was taken for the attempt under way. */
interface Entered {
  readonly provider: ProviderLimits;
  readonly modelId: string;
  readonly estimate: TokenEstimate | undefined;
  readonly quota: QuotaOwner;
  /** By `Date.now`. */
  readonly at: number;
  readonly grant: Grant;
  isSettled: boolean;
}

/**
 * What one request takes of all the limits that apply to it. Its own part (the key's, the account's, those above) is taken
 * once, together with that of the first provider; for another provider only the provider's part is exchanged.
 *
 * Each `enter` is followed by `leave`, and everything by `end`.
 */
export class RequestAdmission extends RequestCount {
  readonly #context: AdmissionContext;
  /** Holds the request's own slots. */
  #own: Grant | undefined;
  #entered: Entered | undefined;
  /** By all attempts so far. */
  #usedTokens = 0;
  #isSettled = false;
  #isRefused = false;

  constructor(context: AdmissionContext) {
    super(context.limiter, context.refused, context.client, context.limits.requests);
    this.#context = context;
  }

  /** Whether a limit of its own has refused it, so that no other target helps. */
  get isRefused(): boolean {
    return this.#isRefused;
  }

  /**
   * Takes all that an attempt at a target needs, or nothing. Rates refuse at once; for slots it waits its turn.
   *
   * @throws DomainError (or rejects with it) `rate_limit_exceeded`; `provider_busy` where the provider said that it wants
   *   nothing for now; the signal's reason when it was aborted
   */
  enter(target: Target, size: AttemptSize, signal: AbortSignal): void | Promise<void> {
    const provider = this.#context.limitsOf(target.provider);
    const needsTokens = provider.tokens !== undefined || this.#context.limits.tokens.length > 0;
    const modelId = target.model.id;
    const estimate = needsTokens ? this.#context.estimates.of(modelId, size) : undefined;
    const { name } = target.provider;
    const quota = { provider: provider.quota, modelId };
    this.#heedQuota(quota, name, estimate);
    const entered = (grant: Grant): void =>
      this.#onEntered({ provider, modelId, estimate, quota, grant, at: Date.now(), isSettled: false });
    try {
      const demands = this.#demands(provider, estimate, name);
      const grant = this.limiter.acquire(demands, { client: this.client, signal });
      if (!(grant instanceof Promise)) return entered(grant);
      return grant.then(entered, (error: unknown) => {
        throw this.#refusalOf(error, name);
      });
    } catch (error) {
      throw this.#refusalOf(error, name);
    }
  }

  /** Whether limits on tokens apply to the attempt under way. */
  get countsTokens(): boolean {
    return this.#entered?.estimate !== undefined;
  }

  /** What the provider's answer says of its own limits. */
  heed(status: number, headers: IncomingHttpHeaders): void {
    const { quota, at } = this.#entered!;
    this.#context.quotas.heed(quota, status, headers, at);
  }

  /**
   * The attempt is over: what it used takes the place of what was estimated.
   *
   * @param usage undefined where nobody knows: the estimate stands, or more where more was seen
   * @param isAnswer whether the client has its answer, so that there is no further attempt
   * @param seenOutput where nobody knows: tokens of the answer that came
   */
  settle(usage: ReportedTokens | undefined, isAnswer: boolean, seenOutput = 0): void {
    const { provider, modelId, estimate, grant } = this.#entered!;
    this.#entered!.isSettled = true;
    if (estimate === undefined) return;
    const used = this.#context.estimates.used(modelId, estimate, usage, seenOutput);
    this.#usedTokens += used;
    if (provider.tokens !== undefined) void grant.settle(PROVIDER_TOKENS, used);
    if (isAnswer) this.#settleOwn();
  }

  /** Gives the provider's slot back. @param wasSent false where nothing came of the attempt: then its rates too */
  leave(wasSent: boolean): void {
    if (this.#entered === undefined) return;
    // A fault of ours: it may have used all that.
    if (wasSent && !this.#entered.isSettled) this.settle(undefined, false);
    const { provider, grant } = this.#entered;
    this.#entered = undefined;
    if (!wasSent) {
      if (provider.requests !== undefined) void grant.settle(PROVIDER_REQUESTS, 0);
      if (provider.tokens !== undefined) void grant.settle(PROVIDER_TOKENS, 0);
    }
    void grant.release(PROVIDER_SLOTS);
  }

  /** Gives back what the request still holds; its own tokens as far as no attempt has used them. */
  end(): void {
    this.leave(false);
    this.#settleOwn();
    void this.#own?.release();
  }

  #heedQuota(quota: QuotaOwner, provider: string, estimate: TokenEstimate | undefined): void {
    const cost = estimate && { requests: 1, tokens: estimate.total };
    const wait = this.#context.quotas.check(quota, cost);
    if (wait === undefined) return;
    const message = `The provider ${JSON.stringify(provider)} wants no more requests for now.`;
    throw new DomainError('provider_busy', message, { scope: 'provider', provider, retryAfterMs: wait.waitMs });
  }

  #demands(provider: ProviderLimits, estimate: TokenEstimate | undefined, providerName: string): readonly Demand[] {
    const { limits } = this.#context;
    const isFirst = this.#own === undefined;
    const ofProvider =
      provider.tokens === undefined
        ? provider.always
        : [...provider.always, costing(provider.tokens, estimate!, providerName)];
    if (!isFirst) return ofProvider;
    const demands: Demand[] = this.isCounted ? [] : [...limits.requests];
    for (const each of limits.tokens) demands.push(costing(each, estimate!));
    demands.push(...limits.slots);
    return demands.length === 0 ? ofProvider : [...demands, ...ofProvider];
  }

  #onEntered(entered: Entered): void {
    this.#entered = entered;
    if (this.#own !== undefined) return;
    this.#own = entered.grant;
    this.isCounted = true;
    this.#show(entered.grant.standings);
  }

  #refusalOf(error: unknown, providerName: string): unknown {
    if (error instanceof DomainError) {
      this.#isRefused ||= error.details['scope'] !== undefined && error.details['scope'] !== 'provider';
      return error;
    }
    if (!(error instanceof LimitExceeded)) return error;
    this.#show(error.standings);
    this.noteRefusal(error);
    return this.#refusalOf(refusalError(error, providerName), providerName);
  }

  /** How its own limits stand is its business; how the provider's do is not. */
  #show(standings: RequestCount['standings']): void {
    if (this.#context.limits === unlimited) return;
    this.standings = standings.filter(({ limit }) => !limit.name.startsWith('provider-'));
  }

  #settleOwn(): void {
    if (this.#isSettled || this.#own === undefined) return;
    this.#isSettled = true;
    for (const { limit } of this.#context.limits.tokens) void this.#own.settle(limit.name, this.#usedTokens);
  }
}

/** By what is sure: a guess must not refuse for ever. */
function neverFits({ prompt, size }: TokenEstimate, capacity: number): boolean {
  return prompt > capacity && size.leastInput() > capacity;
}

/** @throws DomainError where the prompt alone never fits */
function costing(
  { limit, subject }: Demand<RateLimit>,
  estimate: TokenEstimate,
  providerName?: string,
): Demand<RateLimit> {
  if (neverFits(estimate, limit.capacity)) {
    throw refusalError({ reason: 'never', limit, retryAfterMs: undefined }, providerName);
  }
  // What does not fit at once is owed once it was used.
  return { limit, subject, cost: Math.min(estimate.total, Math.floor(limit.capacity)) };
}
