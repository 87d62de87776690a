import type { AttemptReason, TokenUsage } from '@purser/contracts';
import { MAX_USD_NANOS, costNanos } from '@purser/money';
import type { Price } from '../configuration/snapshot.ts';
import type { CallFailure } from '../providers/provider-call.ts';
import type { AnswerEnd } from './provider-answer.ts';
import { isProviderFailure } from './provider-failure.ts';
import { usageInAnswer } from './usage.ts';

/** What an attempt costs, and why. */
export interface AttemptCost {
  readonly costNanos: bigint;
  readonly usage: TokenUsage;
  readonly reason: AttemptReason;
  /** The cost is the bound, because the real one was not reported. */
  readonly estimated: boolean;
}

/** What an attempt was priced with when it opened. */
export interface Terms {
  readonly boundNanos: bigint;
  readonly price: Price;
}

/** Nothing was used. */
export const NO_USAGE: TokenUsage = Object.freeze({ inputTokens: 0, outputTokens: 0, cachedInputTokens: 0 });

/**
 * What an attempt costs by how it ended: nothing where the provider was not reached or refused; what it reported; else
 * the bound, which is never refunded silently.
 *
 * @param status of the answer; 0 where there was none
 * @param clientGone whether the client went away before it had its answer
 */
export function attemptCost(end: AnswerEnd, status: number, terms: Terms, clientGone: boolean): AttemptCost {
  const gone = clientGone ? 'client-gone' : undefined;
  // Before anything was put out: an error status is the answer, whatever became of its body.
  if (status >= 300) return noCost(isProviderFailure(status) || end.kind === 'failed' ? 'provider-error' : 'rejected');
  if (end.kind === 'failed') return failedCost(end.failure, terms, gone);
  if (end.kind === 'whole') return reportedCost(usageInAnswer(end.body), terms, gone ?? 'ok', gone ?? 'no-usage');
  const broken = end.failure && brokenReason(end.failure);
  const unreported = end.done ? 'no-usage' : 'cut';
  return reportedCost(end.usage, terms, gone ?? broken ?? 'ok', gone ?? broken ?? unreported);
}

/** The attempt was opened but nothing was sent. */
export function noCost(reason: AttemptReason): AttemptCost {
  return { costNanos: 0n, usage: NO_USAGE, reason, estimated: false };
}

function failedCost(failure: CallFailure, terms: Terms, gone: AttemptReason | undefined): AttemptCost {
  if (failure.kind === 'connect-failed' || failure.kind === 'not-sent') return noCost(failure.kind);
  return estimatedCost(terms, gone ?? brokenReason(failure));
}

function brokenReason(failure: CallFailure): AttemptReason {
  return failure.kind === 'timeout' ? 'timeout' : 'cut';
}

function reportedCost(
  usage: TokenUsage | undefined,
  terms: Terms,
  reported: AttemptReason,
  unreported: AttemptReason,
): AttemptCost {
  if (!usage) return estimatedCost(terms, unreported);
  const { inputTokens, outputTokens, cachedInputTokens } = usage;
  const cost = costNanos([
    { tokens: inputTokens - cachedInputTokens, nanosPerMillion: terms.price.inputNanosPerMillion },
    { tokens: cachedInputTokens, nanosPerMillion: terms.price.cachedInputNanosPerMillion },
    { tokens: outputTokens, nanosPerMillion: terms.price.outputNanosPerMillion },
  ]);
  // More than any budget can hold was not used: the report is wrong.
  if (cost > MAX_USD_NANOS) return estimatedCost(terms, unreported);
  return { costNanos: cost, usage, reason: reported, estimated: false };
}

/** Nobody knows what it cost: the bound. */
export function estimatedCost(terms: Terms, reason: AttemptReason): AttemptCost {
  return { costNanos: terms.boundNanos, usage: NO_USAGE, reason, estimated: true };
}
