import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { sumUsage, topUsage, usageDashboard, usageLatency, type RequestContract } from '@purser/contracts';
import { DomainError } from '@purser/errors';
import { v7 as uuidv7 } from 'uuid';
import { callAsAdmin, startTestEdge, type TestEdge } from '../testing/start-test-edge.ts';

const id = uuidv7();
const at = '2026-01-31T12:00:00.000Z';
const span = { from: at, to: at };
const totals = {
  ...{ requests: 2, errors: 1, estimated: 0, overruns: 0, inputTokens: 1, outputTokens: 2, cachedInputTokens: 0 },
  costUsd: '0.5',
};
const latencies = {
  latencyMs: { count: 1, mean: 2, p50: 2, p90: 2, p95: 2, p99: 2 },
  firstByteMs: { count: 0, mean: null, p50: null, p90: null, p95: null, p99: null },
};
const spanTotals = { ...span, ...totals, errorRate: 0.5 };
const change = { requests: null, errors: 0, tokens: -0.5, costUsd: 1 };
const period = { ...spanTotals, before: spanTotals, change };

let edge: TestEdge;
beforeAll(async () => {
  edge = await startTestEdge();
});
afterAll(() => edge.app.close());
beforeEach(() => {
  edge.client.received.length = 0;
});

const get = (url: string) => callAsAdmin(edge, 'GET', `/reports/${url}`);

describe('a report is one message, with what was asked and nothing else', () => {
  it.each([
    [
      `usage?interval=day&groupBy=provider,model&route=fast&keyId=${id}`,
      sumUsage,
      { interval: 'day', groupBy: ['provider', 'model'], route: 'fast', keyId: id },
      { ...span, interval: 'day', totals, data: [{ at, provider: 'a', model: 'b', ...totals }] },
    ],
    [
      `top?dimension=model&by=tokens&limit=3&from=${at}&to=${at}&provider=a`,
      topUsage,
      { dimension: 'model', by: 'tokens', limit: 3, from: at, to: at, provider: 'a' },
      { ...span, dimension: 'model', by: 'tokens', totals, data: [{ model: 'b', ...totals, share: 1 }] },
    ],
    [
      'top?dimension=key',
      topUsage,
      { dimension: 'key', by: 'cost', limit: 10 },
      { ...span, dimension: 'key', by: 'cost', totals, data: [] },
    ],
    [
      'latency?groupBy=key,key',
      usageLatency,
      { groupBy: ['key'] },
      { ...span, relativeError: 0.02, data: [{ key: id, ...latencies }] },
    ],
    [
      `dashboard?accountId=${id}`,
      usageDashboard,
      { accountId: id },
      {
        at,
        periods: { today: period, last24Hours: period, last7Days: period, last30Days: period },
        hours: [{ at, ...totals }],
        top: { accounts: [{ account: id, ...totals, share: 1 }], providers: [], models: [] },
        latency: { relativeError: 0.02, ...latencies },
      },
    ],
  ] as const)('GET /reports/%s', async (url, contract, message, report) => {
    edge.client.answer<RequestContract>(contract, () => report);
    const answer = await get(url);
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual(report);
    expect(edge.client.receivedOf(contract)).toEqual([message]);
  });

  it('is refused as the service refuses it', async () => {
    edge.client.answer<RequestContract>(usageLatency, () => {
      throw new DomainError('invalid_request', 'from: must be before "to"', { field: 'from' });
    });
    expect((await get('latency')).json()).toMatchObject({ status: 400, field: 'from' });
  });
});
