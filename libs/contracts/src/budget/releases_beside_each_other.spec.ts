import { describe, expect, it } from '@jest/globals';
import { configurationEntry, settledUsage, usageRecord } from '../index.ts';

const id = '01990000-0000-7000-8000-000000000001';

/** As gateways and budget services of before the answer cache write it. */
const earlierRecord = {
  ...{ usageId: id, bound: '10', leases: [], priceVersion: 'v', at: '2026-01-31T12:00:00.000Z', requestId: 'r' },
  ...{ attempt: 1, accountId: id, keyId: id, provider: 'p', model: 'm', route: 'p/m', cost: '5', status: 200 },
  ...{ usage: { inputTokens: 1, outputTokens: 1, cachedInputTokens: 0 }, reason: 'ok', estimated: false },
  ...{ latencyMs: 1, firstByteMs: null },
};

describe('what services of an earlier release say', () => {
  it('of an attempt is read as one that no cache was asked for', () => {
    expect(usageRecord.parse(earlierRecord)).toEqual({ ...earlierRecord, cache: 'BYPASS' });
    const { leases: _, ...settled } = { ...earlierRecord, overrun: false, windows: [] };
    expect(settledUsage.parse(settled)).toEqual({ ...settled, cache: 'BYPASS' });
  });

  it('of a route is read as one that keeps no answers', () => {
    const value = {
      ...{ id, name: 'chat', createdAt: '2026-01-31T12:00:00.000Z', strategy: 'priority' },
      ...{ targets: [{ modelId: id }], defaultMaxTokens: null, disabled: false },
    };
    expect(configurationEntry.parse({ kind: 'route', id, version: 1, value }).value).toEqual({ ...value, cache: null });
  });

  it('of accounts, keys and providers is read as without limits', () => {
    const account = { id, parentId: null, disabled: false };
    const key = { id, accountId: id, sha256: 'a'.repeat(64), role: 'member', disabled: false, expiresAt: null };
    const provider = {
      ...{ id, name: 'acme', kind: 'openai', baseUrl: 'http://127.0.0.1:9', sealedApiKey: null, concurrency: 50 },
      ...{ cancelledStreams: 'drain', simulated: false, disabled: false },
    };
    for (const [kind, value] of Object.entries({ account, key, provider })) {
      const entry = configurationEntry.parse({ kind, id, version: 1, value });
      expect(entry.value).toEqual({ ...value, limits: null });
    }
  });
});
