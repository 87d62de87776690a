import { afterEach, expect, it } from '@jest/globals';
import { models, resetLimits } from '@purser/contracts';
import { PublishChannel } from '@purser/messaging';
import { TrafficSources } from '@purser/service-traffic';
import { waitUntil } from '@purser/testing';
import { v7 as uuidv7 } from 'uuid';
import { aKey, anAccount, aProvider, entries } from '../testing/configuration-entries.ts';
import { callAs, callAsAdmin, startTestEdge, type TestEdge } from '../testing/start-test-edge.ts';

let edge: TestEdge;
afterEach(() => edge?.app.close());

const account = anAccount({ limits: { requestsPerMinute: 3 } });
const key = aKey(account.id, 'limited', { role: 'viewer', limits: { requestsPerMinute: 2 } });
const sibling = aKey(account.id, 'sibling', { role: 'viewer' });
const provider = aProvider();
const noModels = { data: [], pagination: { page: 1, limit: 50, total: 0, pages: 0, hasNext: false, hasPrev: false } };
const configured = [
  ...entries('account', [account]),
  ...entries('key', [key, sibling]),
  ...entries('provider', [provider]),
];
const start = async (options: Parameters<typeof startTestEdge>[0]) => {
  edge = await startTestEdge(options);
  edge.client.answer(models.list, () => noModels);
};
const read = async (secret: string) => {
  const { statusCode, headers } = await callAs(edge, secret, 'GET', '/no-such-list');
  return { status: statusCode, retryAfter: headers['retry-after'], remaining: headers['x-ratelimit-remaining'] };
};
const list = async (secret: string) => {
  const answer = await callAs(edge, secret, 'GET', '/models');
  return { status: answer.statusCode, headers: answer.headers, body: answer.json() as Record<string, never> };
};
const reset = (body: unknown) => callAsAdmin(edge, 'POST', '/rate-limits/reset', body);

it('limits count requests of the control plane, and each answer tells of them', async () => {
  await start({ entries: configured });
  const first = await list('limited');
  expect(first.status).toBe(200);
  expect(first.headers).toMatchObject({
    'x-ratelimit-limit': '2',
    'x-ratelimit-remaining': '1',
    'ratelimit-policy': '"key-requests";q=2;w=60, "account-requests";q=3;w=60',
  });
  expect((await list('limited')).status).toBe(200);
  const refused = await list('limited');
  expect([refused.status, refused.headers['retry-after'], refused.headers['x-ratelimit-remaining']]).toEqual([
    ...[429, expect.stringMatching(/^(29|30)$/), '0'],
  ]);
  expect(refused.body).toMatchObject({ code: 'rate_limit_exceeded', limit: 'requestsPerMinute', scope: 'key' });
  const again = await list('limited');
  for (const { body } of [refused, again]) expect(Number.isInteger(body['retryAfterMs'])).toBe(true);
  expect((await list('sibling')).status).toBe(200);
  expect((await list('sibling')).body).toMatchObject({ scope: 'account' });
});

it('who has no limits is told of none', async () => {
  await start({ entries: configured });
  const { headers } = await list('admin');
  expect(Object.keys(headers).filter((name) => name.includes('ratelimit'))).toEqual([]);
});

it('all that was counted is told, by limit and by key, what was refused early too', async () => {
  await start({ entries: configured });
  for (let times = 0; times < 5; times++) await list('limited');
  expect(edge.app.get(TrafficSources, { strict: false }).statistics().limiters).toMatchObject({
    requests: {
      ...{ allowed: 2, refused: { rate: 3 }, queued: 0, waiting: 0 },
      limits: { 'key-requests': { kind: 'rate', refused: { rate: 1 } } },
      clients: { [key.id]: { allowed: 2, refused: 1 } },
    },
  });
});

it('a reset lets through at once what was refused', async () => {
  await start({ entries: configured });
  for (let times = 0; times < 2; times++) await list('limited');
  expect((await list('limited')).status).toBe(429);
  const answer = await reset({ keyId: key.id.toUpperCase() });
  expect([answer.statusCode, answer.json()]).toEqual([200, { scope: 'key', id: key.id }]);
  expect((await list('limited')).status).toBe(200);
  expect((await list('limited')).body).toMatchObject({ scope: 'account' });
  await reset({ accountId: account.id });
  expect((await list('limited')).status).toBe(200);
  expect((await reset({ providerId: provider.id })).statusCode).toBe(200);
});

it('a reset at another gateway counts here too', async () => {
  await start({ entries: configured });
  for (let times = 0; times < 2; times++) await list('limited');
  expect((await list('limited')).status).toBe(429);
  const channel = new PublishChannel(edge.broker.transport('web-gateway'), resetLimits, () => undefined);
  channel.publish({ scope: 'key', id: key.id, replica: 'web-gateway-2' });
  await waitUntil(async () => (await list('limited')).status === 200, { timeoutMs: 10_000, what: 'it is let through' });
});

it.each([
  [{}, 'body', /exactly one of keyId, accountId and providerId/],
  [{ keyId: uuidv7(), accountId: uuidv7() }, 'body', /exactly one/],
  [{ keyId: uuidv7() }, 'keyId', /the id of an existing key/],
  [{ accountId: 'x' }, 'accountId', /an id/],
  [{ providerId: uuidv7() }, 'providerId', /an existing provider/],
  [{ address: '127.0.0.1' }, 'address', /not a field/],
])('a reset of %j is refused by name', async (body, field, message) => {
  await start({ entries: configured });
  expect((await reset(body)).json()).toMatchObject({
    ...{ status: 400, code: 'invalid_request', field, detail: expect.stringMatching(message) },
  });
});

it('requests without a key, or with a bad one, are counted by address; probes never are', async () => {
  await start({ env: { ADDRESS_REQUESTS_PER_MINUTE: '3' } });
  const get = (url: string, headers = {}) => edge.app.inject({ method: 'GET', url, headers });
  expect((await get('/openapi.json')).statusCode).toBe(200);
  expect((await read('nobody')).status).toBe(404);
  expect((await list('nobody')).status).toBe(401);
  const refused = await list('nobody');
  expect(refused).toMatchObject({ status: 429, body: { scope: 'address', limit: 'requestsPerMinute' } });
  expect(refused.headers['retry-after']).toMatch(/^(19|20)$/);
  expect((await get('/docs')).statusCode).toBe(429);
  expect((await get('/v1/models')).json()).toMatchObject({ error: { code: 'rate_limit_exceeded', scope: 'address' } });
  expect((await list('admin')).status).toBe(200);
  for (let times = 0; times < 5; times++) expect((await get('/health/live')).statusCode).not.toBe(429);
});

it('an address is that of the connection, or of who a trusted proxy says it came from', async () => {
  const from = async (forwarded: string) =>
    (await edge.app.inject({ method: 'GET', url: '/docs', headers: { 'x-forwarded-for': forwarded } })).statusCode;
  await start({ env: { ADDRESS_REQUESTS_PER_MINUTE: '1' } });
  expect([await from('203.0.113.1'), await from('203.0.113.2')]).toEqual([200, 429]);
  await edge.app.close();
  await start({ env: { ADDRESS_REQUESTS_PER_MINUTE: '1', TRUSTED_PROXIES: '127.0.0.0/8, 10.0.0.1' } });
  expect([await from('203.0.113.1'), await from('203.0.113.2'), await from('198.51.100.9, 203.0.113.2')]).toEqual([
    ...[200, 200, 429],
  ]);
});

it('0 limits no address', async () => {
  await start({ env: { ADDRESS_REQUESTS_PER_MINUTE: '0' } });
  for (let times = 0; times < 20; times++) expect((await list('nobody')).status).toBe(401);
});
