import { DomainError, invalidField } from '@purser/errors';
import { MAX_USD_NANOS, costNanos } from '@purser/money';
import type { Price, Resolution, Target, TargetModel } from '../configuration/snapshot.ts';
import { scanTopLevel } from '../json/scan-top-level.ts';
import { setTopLevel } from '../json/set-top-level.ts';
import type { ChatRequest } from './chat-request.ts';

/** What one attempt sends and the most that it can use and cost. */
export interface BoundedRequest {
  readonly body: Buffer;
  readonly boundNanos: bigint;
  readonly mostInput: number;
  /** Over all choices. */
  readonly mostOutput: number;
}

/** Tokens that separate messages and name their roles, at most, for each message. */
const TOKENS_PER_MESSAGE = 16;
const INCLUDE_USAGE = new Set(['include_usage']);

/**
 * The request as it goes to this target, and its bound: every byte of the body a token (a byte-pair token is at least
 * one byte), at the dearest price of input; and the whole limit on each answer, at the price of output.
 *
 * @throws DomainError `unknown_bound` naming `max_tokens` where neither the caller nor the configuration limits the answer
 */
export function boundRequest(
  request: ChatRequest,
  { provider, model }: Target,
  resolution: Resolution,
): BoundedRequest {
  const injected =
    request.outputLimit === undefined ? (resolution.defaultMaxTokens ?? model.maxOutputTokens) : undefined;
  const mostOutput = outputBound(request.outputLimit ?? injected, model) * request.choices;
  const body = bodyFor(request, model.name, provider.kind, injected);
  const mostInput = promptBound(request, body.length, model);
  const components = [
    { tokens: mostInput, nanosPerMillion: dearestInput(model.price) },
    { tokens: mostOutput, nanosPerMillion: model.price.outputNanosPerMillion },
  ];
  const boundNanos = costNanos(components);
  if (boundNanos > MAX_USD_NANOS)
    throw invalidField('max_tokens', 'the answer could cost more than any budget can hold');
  return { body, boundNanos, mostInput, mostOutput };
}

function promptBound(request: ChatRequest, sentBytes: number, model: TargetModel): number {
  const tools = request.hasTools ? model.toolPromptTokens : 0;
  const tokens = sentBytes + request.normalisationExcess + TOKENS_PER_MESSAGE * request.messages + tools;
  // A longer prompt is refused by the provider, and costs nothing.
  return model.contextTokens === null ? tokens : Math.min(tokens, model.contextTokens);
}

function outputBound(limit: number | null | undefined, model: TargetModel): number {
  if (model.reasoningUncapped) {
    if (model.maxOutputTokens !== null) return Math.max(limit ?? 0, model.maxOutputTokens);
    throw unknownBound(
      `max_tokens does not limit what ${model.name} spends on reasoning, and its maxOutputTokens is not set`,
    );
  }
  if (limit !== null && limit !== undefined) return limit;
  throw unknownBound(`max_tokens: must be given, as no limit is known for answers of ${model.name}`);
}

function unknownBound(message: string): DomainError {
  return new DomainError('unknown_bound', message, { field: 'max_tokens' });
}

function dearestInput({ inputNanosPerMillion, cachedInputNanosPerMillion }: Price): bigint {
  return inputNanosPerMillion > cachedInputNanosPerMillion ? inputNanosPerMillion : cachedInputNanosPerMillion;
}

function bodyFor(
  request: ChatRequest,
  model: string,
  kind: Target['provider']['kind'],
  limit: number | null | undefined,
): Buffer {
  const values: Record<string, string> = { model: JSON.stringify(model) };
  // Some compatible providers know `max_tokens` alone, and would answer without any limit.
  if (kind === 'openai-compatible' && request.outputLimit !== undefined && !request.givesMaxTokens) {
    values.max_tokens = String(request.outputLimit);
  }
  if (typeof limit === 'number') values[kind === 'openai' ? 'max_completion_tokens' : 'max_tokens'] = String(limit);
  if (request.stream && !request.includeUsage) values.stream_options = withUsage(request);
  return setTopLevel(request.body, request.scan, values);
}

/** The stream's options, with usage asked for. */
function withUsage({ body, scan }: ChatRequest): string {
  const given = scan.fields.get('stream_options');
  const text = given && body.subarray(given.start, given.end);
  // Anything but an object is null by now.
  if (text?.[0] !== 0x7b) return '{"include_usage":true}';
  return setTopLevel(text, scanTopLevel(text, INCLUDE_USAGE, Infinity), { include_usage: 'true' }).toString();
}
