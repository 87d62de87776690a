/** What a request is likely to use, before it is sent. */
export interface TokenEstimate {
  /** Of its prompt. */
  readonly prompt: number;
  /** Of its prompt and its answer. */
  readonly total: number;
}

/** A token of English or of JSON is about four bytes long. */
const BYTES_PER_TOKEN = 4;
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

  /** @param mostOutput the limit on the answer's tokens, over all its choices */
  of(modelId: string, promptBytes: number, mostOutput: number): TokenEstimate {
    const prompt = Math.ceil(promptBytes / BYTES_PER_TOKEN);
    const output = Math.min(this.#means.get(modelId) ?? FIRST_OUTPUT_TOKENS, mostOutput);
    return { prompt, total: prompt + Math.ceil(output) };
  }

  learn(modelId: string, outputTokens: number): void {
    const mean = this.#means.get(modelId);
    this.#means.delete(modelId);
    this.#means.set(modelId, mean === undefined ? outputTokens : mean + (outputTokens - mean) * LATEST_WEIGHT);
    if (this.#means.size > MOST_MODELS) this.#means.delete(this.#means.keys().next().value!);
  }
}
