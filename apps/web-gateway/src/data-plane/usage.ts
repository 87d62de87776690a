import type { TokenUsage } from '@purser/contracts';
import { DomainError } from '@purser/errors';
import { scanTopLevel, type ByteRange } from '../json/scan-top-level.ts';
import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  skipSpace,
  stringEnd,
} from '../json/tokens.ts';

/** More tokens than this in one answer are taken for a fault of the provider's. */
const MOST_TOKENS = 1_000_000_000_000;
const BACKSLASH = 0x5c;
const MOST_DEPTH = 256;
const USAGE = new Set(['usage']);
const USAGE_NAME = Buffer.from('"usage"');

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
    const range = usageNearEnd(body) ?? scanTopLevel(body, USAGE, MOST_DEPTH).fields.get('usage');
    return range && usageIn(JSON.parse(body.toString('latin1', range.start, range.end)));
  } catch (error) {
    if (error instanceof DomainError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/**
 * The object `usage` where nothing but the end of the answer and a few fields of its top level follow it, as is usual:
 * then the rest need not be looked at. Within a string the quote before the name would be escaped.
 */
function usageNearEnd(body: Buffer): ByteRange | undefined {
  const name = body.lastIndexOf(USAGE_NAME);
  const colon = skipSpace(body, name + USAGE_NAME.length);
  if (name < 0 || body[name - 1] === BACKSLASH || body[colon] !== COLON) return undefined;
  const start = skipSpace(body, colon + 1);
  let end = -1;
  let depth = 0;
  for (let position = start; position < body.length; position++) {
    const byte = body[position];
    if (byte === QUOTE) position = stringEnd(body, position) - 1;
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth += 1;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      depth -= 1;
      if (depth === 0 && end < 0) end = position + 1;
      // The brace that closes the answer itself, if it is its last byte.
      if (depth < 0) return end > 0 && skipSpace(body, position + 1) === body.length ? { start, end } : undefined;
    }
  }
  return undefined;
}

function tokens(value: unknown): number | undefined {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MOST_TOKENS
    ? (value as number)
    : undefined;
}
