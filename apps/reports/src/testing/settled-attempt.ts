import type { SettledUsage } from '@purser/contracts';
import { v7 as uuidv7 } from 'uuid';

const accountId = uuidv7();
const keyId = uuidv7();

let made = 0;

/** A settled attempt; each one has another cost and other tokens. */
export function settledAttempt(fields: Partial<SettledUsage> = {}): SettledUsage {
  made += 1;
  return {
    usageId: uuidv7(),
    bound: '1000000',
    priceVersion: 'v1',
    at: '2026-02-01T00:00:00.000Z',
    requestId: `request-${made}`,
    attempt: 1,
    accountId,
    keyId,
    provider: 'simulator',
    model: 'sim-small',
    route: 'default',
    cost: String(made * 7 + 1),
    usage: { inputTokens: made, outputTokens: made * 2, cachedInputTokens: made % 3 },
    status: 200,
    reason: 'ok',
    estimated: false,
    latencyMs: 12.375,
    firstByteMs: 3.5,
    overrun: false,
    windows: [],
    ...fields,
  };
}
