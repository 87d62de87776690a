import type { SettledUsage, UsageRecord } from '@purser/contracts';
import { randomUUID } from 'node:crypto';

let made = 0;

/** A finished attempt as a gateway ships it; each one has another id. Its cost is measured and within its bound. */
export function finishedAttempt(fields: Partial<UsageRecord> = {}): UsageRecord {
  made += 1;
  return {
    usageId: randomUUID(),
    bound: '1000000',
    leases: [],
    priceVersion: 'price-1',
    at: '2026-02-01T00:00:00.000Z',
    requestId: `request-${made}`,
    attempt: 1,
    accountId: '00000000-0000-7000-8000-00000000000a',
    keyId: '00000000-0000-7000-8000-00000000000b',
    provider: 'simulator',
    model: 'sim-small',
    route: 'default',
    cost: String(made * 7 + 1),
    usage: { inputTokens: made, outputTokens: made * 2, cachedInputTokens: made % 3 },
    status: 200,
    reason: 'ok',
    estimated: false,
    cache: 'BYPASS',
    latencyMs: 12.375,
    firstByteMs: 3.5,
    ...fields,
  };
}

/** The same as the budget service hands it on. */
export function settledAttempt(fields: Partial<SettledUsage> = {}): SettledUsage {
  const { leases: _, ...attempt } = finishedAttempt();
  return { ...attempt, overrun: false, windows: [], ...fields };
}
