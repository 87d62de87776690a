const accountId = '0196e2f0-7b3c-7c1a-9d5e-3f6a8b2c4d10';
const providerId = '0196e2f0-91aa-7d42-8c17-5b0e6f7a8912';
const modelId = '0196e2f0-a4d8-7e63-b2f1-8d9c0a1b2c3e';

/** What the body of a creation may look like, by the name of the resource in the OpenAPI document. */
export const creationExamples: Readonly<Record<string, unknown>> = {
  Account: { name: 'search', kind: 'team' },
  Key: { accountId, name: 'search backend', expiresAt: '2030-01-01T00:00:00Z', limits: { requestsPerMinute: 600 } },
  Budget: { accountId, limitUsd: '25.00', window: 'month', timeZone: 'Europe/Berlin' },
  Provider: { name: 'acme', kind: 'openai-compatible', baseUrl: 'https://llm.example.com/v1', apiKey: 'sk-secret' },
  Model: {
    providerId,
    name: 'small',
    inputUsdPerMillion: '0.15',
    outputUsdPerMillion: '0.60',
    maxOutputTokens: 16_384,
  },
  Route: {
    name: 'chat',
    strategy: 'priority',
    targets: [{ modelId }],
    defaultMaxTokens: 1_024,
    cache: { ttlSeconds: 300 },
  },
  Source: { kind: 'github', repository: 'acme/shop', generateWebhookSecret: true },
  Metric: {
    metricId: 'monthly-revenue',
    name: 'Monthly revenue',
    description: 'What customers paid within the month.',
    ...{ category: 'finance', tier: 'Tier 1', businessDomain: 'Sales', tags: ['revenue'] },
    definition: { formula: 'sum(invoices.paid)', unit: 'USD', expectedDirection: 'higher' },
    targets: { target: 120_000, warning: 100_000, critical: 80_000 },
  },
  Domain: { id: 'sales', name: 'Sales', owner: 'Ada' },
  Objective: {
    title: 'Grow what customers pay',
    domain: 'Sales',
    keyResults: [
      { title: 'Revenue of 120 000 a month', metricId: 'monthly-revenue', baseline: 90_000, target: 120_000 },
    ],
  },
};
