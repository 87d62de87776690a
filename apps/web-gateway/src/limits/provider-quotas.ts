import type { IncomingHttpHeaders } from 'node:http';
import { UpstreamQuotas, type QuotaCost, type QuotaWait } from '@purser/rate-limiting';

/** Whose quota an attempt uses. */
export interface QuotaOwner {
  /** One version of a provider. */
  readonly provider: string;
  readonly modelId: string;
}

/** OpenAI and Anthropic, and those who answer as they do, limit each model by itself. */
const LIMITS_OF_MODEL = /^(?:x-ratelimit-(?:limit|remaining|reset)-(?:requests|tokens)|anthropic-ratelimit-)/;

/**
 * What providers say of their own limits: kept by provider and model where an answer speaks of a model's limits, else by
 * provider.
 */
export class ProviderQuotas {
  readonly #quotas = new UpstreamQuotas({ reserveShare: 0 });

  /** For how long the provider wants no such request; undefined where one may be sent. */
  check({ provider, modelId }: QuotaOwner, cost?: QuotaCost): QuotaWait | undefined {
    const ofModel = this.#quotas.check(subjectOf(provider, modelId), cost);
    const ofProvider = this.#quotas.check(provider, cost);
    if (ofModel === undefined || ofProvider === undefined) return ofModel ?? ofProvider;
    return ofModel.waitMs > ofProvider.waitMs ? ofModel : ofProvider;
  }

  /**
   * Learns from an answer. One that refuses and says nothing of when to come again may take the next request.
   *
   * @param sentAt milliseconds since 1970: refusals that were learned before end with a success
   */
  heed({ provider, modelId }: QuotaOwner, status: number, headers: IncomingHttpHeaders, sentAt: number): void {
    if (status < 300) {
      this.#quotas.lift(provider, sentAt);
      this.#quotas.lift(subjectOf(provider, modelId), sentAt);
    }
    const names = Object.keys(headers).filter(tellsOfLimits);
    if (names.length === 0) return;
    const subject = speaksOfModel(status, names) ? subjectOf(provider, modelId) : provider;
    this.#quotas.observe(subject, { status, headers });
  }
}

function subjectOf(provider: string, modelId: string): string {
  return `${provider} ${modelId}`;
}

function tellsOfLimits(header: string): boolean {
  return header.startsWith('retry-after') || header.includes('ratelimit');
}

/**
 * A bare 429 is taken for the model's: where it was the provider's, each other model costs one refusal more; the other way
 * around they would all stand still for one.
 */
function speaksOfModel(status: number, names: readonly string[]): boolean {
  if (names.some((name) => LIMITS_OF_MODEL.test(name))) return true;
  return status === 429 && names.every((name) => name.startsWith('retry-after'));
}
