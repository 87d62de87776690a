import type { Limiter, LimiterStatistics } from '@purser/rate-limiting';
import type { Caller } from '../authentication/caller.ts';
import type { TargetProvider } from '../configuration/snapshot.ts';
import { addressOf } from './address.ts';
import { EnforcedLimits } from './enforced-limits.ts';
import { ProviderQuotas } from './provider-quotas.ts';
import { RefusedUntil } from './refused-until.ts';
import { RequestAdmission } from './request-admission.ts';
import { RequestCount } from './request-count.ts';
import { TokenEstimates } from './token-estimates.ts';

export interface TrafficLimitsOptions {
  /** Requests a minute of one address that come without a key, or with a bad one; 0: not limited. */
  readonly addressRequestsPerMinute: number;
}

/** Begins what each request takes of the limits that apply to it. */
export class TrafficLimits {
  readonly enforced = new EnforcedLimits();
  readonly limiter: Limiter;
  readonly #addressRequestsPerMinute: number;
  readonly #refused = new RefusedUntil();
  readonly #estimates = new TokenEstimates();
  #quotas = new ProviderQuotas();
  readonly #limitsOf = (provider: TargetProvider) => this.enforced.ofProvider(provider);

  constructor(limiter: Limiter, { addressRequestsPerMinute }: TrafficLimitsOptions) {
    this.limiter = limiter;
    this.#addressRequestsPerMinute = addressRequestsPerMinute;
  }

  /** For a request with a key. */
  admit({ keyId, limits }: Caller): RequestAdmission {
    return new RequestAdmission({
      limiter: this.limiter,
      refused: this.#refused,
      estimates: this.#estimates,
      quotas: this.#quotas,
      client: keyId,
      limits: this.enforced.ofCaller(limits),
      limitsOf: this.#limitsOf,
    });
  }

  /** For a request without a key, or with a bad one; undefined where these are not limited. */
  countAddress(ip: string): RequestCount | undefined {
    if (this.#addressRequestsPerMinute === 0) return undefined;
    const address = addressOf(ip);
    const demand = this.enforced.ofAddress(address, this.#addressRequestsPerMinute);
    return new RequestCount(this.limiter, this.#refused, address, [demand]);
  }

  /** Requests that were refused without asking, for what was known already. */
  get refusedEarly(): number {
    return this.#refused.count;
  }

  /** What the limiter counted; with those that were refused early, since a rate was known to refuse them. */
  statistics(): LimiterStatistics {
    const counted = this.limiter.statistics();
    return { ...counted, refused: { ...counted.refused, rate: counted.refused.rate + this.refusedEarly } };
  }

  /** What refused may not refuse any more: limits were reset. What providers said of their quotas is forgotten too. */
  forgetRefusals(): void {
    this.#refused.forget();
    this.#quotas = new ProviderQuotas();
  }
}
