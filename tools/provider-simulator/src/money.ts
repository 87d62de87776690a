/**
 * The bill is worked out here and not with Purser's own library, so that the two can disagree: tests compare them.
 */

/** What a model costs, in nano-dollars per million tokens. */
export interface Prices {
  readonly inputNanos: bigint;
  readonly cachedInputNanos: bigint;
  readonly outputNanos: bigint;
}

/** Tokens of one request. `cachedTokens` are part of `promptTokens`. */
export interface Tokens {
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly completionTokens: number;
}

/** A request that used nothing, or that is not billed. */
export const NO_TOKENS: Tokens = Object.freeze({ promptTokens: 0, cachedTokens: 0, completionTokens: 0 });

const USD = /^(\d{1,9})(?:\.(\d{1,9}))?$/;

/** Nano-dollars of a decimal string of USD with at most nine decimals; undefined when it is not one. */
export function usdToNanos(usd: unknown): bigint | undefined {
  const match = typeof usd === 'string' ? USD.exec(usd) : null;
  return match === null ? undefined : BigInt(match[1] + (match[2] ?? '').padEnd(9, '0'));
}

/** What the tokens cost in nano-dollars, rounded up once. */
export function billNanos(tokens: Tokens, prices: Prices): bigint {
  const pico =
    BigInt(tokens.promptTokens - tokens.cachedTokens) * prices.inputNanos +
    BigInt(tokens.cachedTokens) * prices.cachedInputNanos +
    BigInt(tokens.completionTokens) * prices.outputNanos;
  const whole = pico / 1_000_000n;
  return whole * 1_000_000n === pico ? whole : whole + 1n;
}
