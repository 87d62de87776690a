import type { TokenUsage } from '@purser/contracts';
import { bytesUnescaped, likelyTokens } from './likely-tokens.ts';

/** What an attempt is about to ask of a target. */
export interface AttemptSize {
  /** The request's. */
  readonly body: Buffer;
  /** Tokens that its prompt has at least. It reads the body again, so only who has to know asks. */
  readonly leastInput: () => number;
  /** The most tokens that its prompt can have. */
  readonly mostInput: number;
  /** The most tokens that it can put out, over all its choices. */
  readonly mostOutput: number;
}

/** What an attempt is likely to use, before it is sent. */
export interface TokenEstimate {
  readonly size: AttemptSize;
  /** Tokens of its prompt. */
  readonly prompt: number;
  /** Tokens of its prompt and its answer. */
  readonly total: number;
}

/** What a provider reported, as far as limits are concerned. */
export type ReportedTokens = Pick<TokenUsage, 'inputTokens' | 'outputTokens'>;

/** Of a model that has not answered yet. */
const FIRST_OUTPUT_TOKENS = 256;
/** The weight of the latest answer in the mean: the last ten or so count. */
const LATEST_WEIGHT = 0.2;
const MOST_MODELS = 10_000;

/**
 * Guesses the tokens of requests: the prompt by its bytes, the answer by the mean of what the model put out of late. A guess
 * is corrected once the usage is known, so it need not be good: it keeps many requests at once from being let in for nothing.
 */
export class TokenEstimates {
  /** The mean of each model's output tokens; those that were learned last are at the end. */
  readonly #means = new Map<string, number>();

  of(modelId: string, size: AttemptSize): TokenEstimate {
    const prompt = Math.min(likelyTokens(bytesUnescaped(size.body)), size.mostInput);
    const output = Math.min(this.#means.get(modelId) ?? FIRST_OUTPUT_TOKENS, size.mostOutput);
    return { size, prompt, total: prompt + Math.ceil(output) };
  }

  /**
   * What an attempt used, and learns from it. A report of more than can be is taken for as much as can be: who reports nonsense
   * can't lock out who asked.
   *
   * @param reported undefined where nobody knows: the estimate stands, or more where more was seen
   * @param seenOutput tokens of the answer that came
   */
  used(modelId: string, estimate: TokenEstimate, reported: ReportedTokens | undefined, seenOutput: number): number {
    const { size, prompt, total } = estimate;
    if (reported !== undefined) {
      const outputTokens = Math.min(reported.outputTokens, size.mostOutput);
      if (outputTokens > 0) this.#learn(modelId, outputTokens);
      return Math.min(reported.inputTokens, size.mostInput) + outputTokens;
    }
    const seen = Math.min(seenOutput, size.mostOutput);
    if (prompt + seen <= total) return total;
    // A cut answer was going to be longer still, so it tells nothing of those that are shorter than usual.
    this.#learn(modelId, seen);
    return prompt + seen;
  }

  #learn(modelId: string, outputTokens: number): void {
    const mean = this.#means.get(modelId);
    this.#means.delete(modelId);
    this.#means.set(modelId, mean === undefined ? outputTokens : mean + (outputTokens - mean) * LATEST_WEIGHT);
    if (this.#means.size > MOST_MODELS) this.#means.delete(this.#means.keys().next().value!);
  }
}
