import type { Nanos } from './amounts.ts';

const TOKENS_PER_PRICE = 1_000_000n;

/** One part of a bill: so many tokens at a price. */
export interface CostComponent {
  /** Whole number of tokens, not negative. */
  readonly tokens: number;
  /** Price of a million of them, not negative. */
  readonly nanosPerMillion: Nanos;
}

/**
 * What the components cost together, in nano-dollars: exact products, summed, and rounded up once, on the total.
 * Rounding up on the total means that splitting a bill never makes it cheaper, by less than a nano-dollar a part.
 *
 * @throws {RangeError} when a number of tokens is negative, not whole or above 2^53 − 1, or a price is negative. Such a
 *   number is a fault in the caller or in what a provider reported; it must be checked before it is priced.
 */
export function costNanos(components: readonly CostComponent[]): Nanos {
  let total = 0n;
  for (const { tokens, nanosPerMillion } of components) {
    if (!Number.isSafeInteger(tokens) || tokens < 0) {
      throw new RangeError(`Tokens must be a whole number from 0 to 2^53 - 1, not ${String(tokens)}`);
    }
    if (nanosPerMillion < 0n) throw new RangeError(`A price must not be negative, but is ${nanosPerMillion}`);
    total += BigInt(tokens) * nanosPerMillion;
  }
  return (total + TOKENS_PER_PRICE - 1n) / TOKENS_PER_PRICE;
}
