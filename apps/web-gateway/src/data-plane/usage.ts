import type { TokenUsage } from '@purser/contracts';
import { DomainError } from '@purser/errors';
import { scanTopLevel } from '../json/scan-top-level.ts';

/** More tokens than this in one answer are taken for a fault of the provider's. */
const MOST_TOKENS = 1_000_000_000_000;
const MOST_DEPTH = 256;
const USAGE = new Set(['usage']);

/**
 * The usage that a provider reported, if it is one. What it adds to the total beyond prompt and completion (some count a
 * model's reasoning there alone) is output; more cached tokens than input tokens are as many as input tokens.
 */
export function usageIn(value: unknown): TokenUsage | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const reported = value as Record<string, unknown>;
  const inputTokens = tokens(reported.prompt_tokens);
  const completionTokens = tokens(reported.completion_tokens ?? 0);
  const totalTokens = tokens(reported.total_tokens ?? 0);
  const details = reported.prompt_tokens_details as { cached_tokens?: unknown } | null | undefined;
  const cachedTokens = tokens(details?.cached_tokens ?? 0);
  if (inputTokens === undefined || completionTokens === undefined) return undefined;
  return {
    inputTokens,
    outputTokens: Math.max(completionTokens, (totalTokens ?? 0) - inputTokens),
    cachedInputTokens: Math.min(cachedTokens ?? 0, inputTokens),
  };
}

/** The usage in the body of a whole answer; undefined where it is not JSON or reports none. */
export function usageInAnswer(body: Buffer): TokenUsage | undefined {
  try {
    const range = scanTopLevel(body, USAGE, MOST_DEPTH).fields.get('usage');
    return range && usageIn(JSON.parse(body.toString('latin1', range.start, range.end)));
  } catch (error) {
    if (error instanceof DomainError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function tokens(value: unknown): number | undefined {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MOST_TOKENS
    ? (value as number)
    : undefined;
}
