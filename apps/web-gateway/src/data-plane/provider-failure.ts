import type { IncomingHttpHeaders } from 'node:http';
import { DomainError } from '@purser/errors';
import { parseRetryAfter } from '@purser/resilience/core';
import type { CallFailure } from '../providers/provider-call.ts';
import type { AttemptOutcome } from '../providers/provider-breakers.ts';
import type { AttemptCost } from './attempt-cost.ts';
import type { AnswerEnd } from './provider-answer.ts';

/**
 * Statuses below 500 that say nothing about the request itself, but something about the provider: our credentials there
 * (401, 402, 403), its models (404), its load. Another target may answer.
 */
const PASSING = new Set([401, 402, 403, 404, 408, 409, 429]);
/** An answer that long is no message. */
const MOST_MESSAGE_BYTES = 65_536;

/** Whether an answer with this status is the provider's failure, and no judgement of the request. */
export function isProviderFailure(status: number): boolean {
  return status >= 500 || PASSING.has(status) || (status >= 300 && status < 400);
}

/**
 * What an attempt says of its provider. Answers that are about the request, our credentials or our quota (429) are those of a
 * provider that is well; that the gateway's own limits ended an attempt says nothing.
 *
 * @param gone whether the client went away before it was over
 */
export function outcomeOf(end: AnswerEnd, status: number, cost: AttemptCost, gone: boolean): AttemptOutcome {
  const failure = end.kind === 'whole' ? undefined : end.failure;
  const broken = failure !== undefined || (end.kind === 'stream' && end.done === undefined && end.usage === undefined);
  const ill = broken || status >= 500 || status === 408;
  const unsent = failure?.kind === 'connect-failed' || failure?.kind === 'not-sent';
  const free = cost.costNanos === 0n && !cost.estimated;
  const mayRetry = free && !gone && (unsent || status >= 500 || status === 408 || status === 429);
  if (!ill) return { provider: 'well', mayRetry };
  if (gone || failure?.isOurs) return { provider: 'unknown', mayRetry };
  return { provider: unsent ? 'unreachable' : 'ill', mayRetry };
}

/** What the client is told when the provider answered with a failure and no other target is left: its own message. */
export function failedAnswer(status: number, headers: IncomingHttpHeaders, body: Buffer): DomainError {
  const message = messageIn(body) ?? `The provider answered with status ${status}.`;
  if (status !== 429 && status !== 503) return new DomainError('provider_error', message, { providerStatus: status });
  const retryAfterMs = parseRetryAfter(headers['retry-after']);
  const details = { providerStatus: status, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  return new DomainError('provider_busy', message, details);
}

/** What the client is told when a call failed without an answer. */
export function failedCall(failure: CallFailure, status: number): DomainError {
  const code = failure.kind === 'timeout' ? 'provider_timeout' : 'provider_error';
  return new DomainError(code, failure.message, { providerStatus: status });
}

/** The text of an error in OpenAI's shape, or in one of those that others use. */
function messageIn(body: Buffer): string | undefined {
  if (body.length > MOST_MESSAGE_BYTES) return undefined;
  try {
    const value = JSON.parse(body.toString()) as { error?: unknown; message?: unknown; detail?: unknown } | null;
    const error = value?.error as { message?: unknown } | string | null | undefined;
    const texts = [typeof error === 'object' ? error?.message : error, value?.message, value?.detail];
    return texts.find((text) => typeof text === 'string' && text !== '') as string | undefined;
  } catch {
    return undefined;
  }
}
