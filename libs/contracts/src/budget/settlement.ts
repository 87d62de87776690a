import { z } from 'zod';
import { defineEvent, defineRequest } from '../define.ts';
import { attemptNanos, id, positiveNanos } from '../scalars.ts';

const tokens = z.int().min(0).max(1_000_000_000_000);

/** What a provider reported. `cachedInputTokens` are among the `inputTokens`. */
export const tokenUsage = z.object({ inputTokens: tokens, outputTokens: tokens, cachedInputTokens: tokens });
export type TokenUsage = z.output<typeof tokenUsage>;

/** How an attempt ended; `ok` needs no explanation. */
export const attemptReason = z.enum([
  'ok',
  'rejected',
  'provider-error',
  'connect-failed',
  'not-sent',
  'timeout',
  'cut',
  'client-gone',
  'no-usage',
  'orphaned',
]);
export type AttemptReason = z.output<typeof attemptReason>;

/**
 * What the answer cache did. `HIT`: the answer came from it, or from another request in flight, and no provider was asked;
 * `MISS`: it had none; `STALE`: it had one whose life was over; `BYPASS`: it was not asked.
 */
export const cacheOutcome = z.enum(['HIT', 'MISS', 'BYPASS', 'STALE']);
export type CacheOutcome = z.output<typeof cacheOutcome>;

/** One physical attempt, or one hit of the answer cache, which costs nothing and has no lease: what was fixed when it opened, and how it closed. `usageId` (UUID version 7) names it for ever. */
export const usageRecord = z.object({
  usageId: id,
  /** The worst case that was reserved. */
  bound: attemptNanos,
  /** The leases that it was reserved from; none where no budget matched. */
  leases: z.array(id).max(64),
  priceVersion: z.string().max(64),
  at: z.iso.datetime(),
  requestId: z.string().max(128),
  attempt: z.int().min(1).max(100),
  accountId: id,
  keyId: id,
  provider: z.string().max(64),
  model: z.string().max(200),
  route: z.string().max(300),
  cost: positiveNanos,
  usage: tokenUsage,
  /** The HTTP status that the provider answered; 0 where it answered none. */
  status: z.int().min(0).max(999),
  reason: attemptReason,
  /** The cost is the bound, because the real one was not reported. */
  estimated: z.boolean(),
  /** Gateways of before it was there do not name it. */
  cache: cacheOutcome.default('BYPASS'),
  latencyMs: z.number().min(0),
  firstByteMs: z.number().min(0).nullable(),
});
export type UsageRecord = z.output<typeof usageRecord>;

/**
 * Settles finished attempts, at most 1 000 a message. Per record, in their order: `ok`; `duplicate` (settled before);
 * `malformed` (set aside for an operator; its money stays held). Each record is checked by itself, so one that is
 * malformed stops none of the others.
 */
export const settle = defineRequest('budget.leases.settle', {
  request: z.object({ session: id, records: z.array(z.unknown()).min(1).max(1_000) }),
  response: z.object({ results: z.array(z.enum(['ok', 'duplicate', 'malformed'])) }),
});

/** A usage record as it was settled. */
export const settledUsage = usageRecord.omit({ leases: true }).extend({
  /** The provider's cost was above the bound. */
  overrun: z.boolean(),
  /** The windows that paid. */
  windows: z.array(id),
});
export type SettledUsage = z.output<typeof settledUsage>;

/** Attempts were settled, in one transaction with this event. */
export const usageSettled = defineEvent(
  'budget.usage.settled',
  z.object({ batchId: id, records: z.array(settledUsage) }),
);
