import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { MAX_WEBHOOK_BYTES, receiveGithubWebhook, sources, sourceSecrets } from '@purser/contracts';
import { DomainError } from '@purser/errors';
import { SecretBox } from '@purser/secrets';
import { waitUntil } from '@purser/testing';
import { callAsAdmin, MASTER_KEY, startTestEdge, type Method, type TestEdge } from '../testing/start-test-edge.ts';

const url = '/api/v1/webhooks/github';
const applied = { event: 'issues', action: 'opened', outcome: 'applied' };

let edge: TestEdge;
beforeAll(async () => {
  edge = await startTestEdge();
});
afterAll(() => edge?.app.close());
beforeEach(() => void edge.client.answer(receiveGithubWebhook, () => applied));
afterEach(() => void edge.client.received.splice(0));

const deliver = (payload: string | Buffer, headers: Record<string, string> = {}, query = '') =>
  edge.app.inject({
    method: 'POST',
    url: `${url}${query}`,
    payload,
    headers: { 'x-github-event': 'issues', ...headers },
  });

describe('POST /api/v1/webhooks/github', () => {
  it('hands bytes and headers on as they came, without a key', async () => {
    const body = Buffer.from('{"a": 1 ,\r\n"b":"ü"}');
    const answer = await deliver(body, {
      'content-type': 'application/json',
      'x-hub-signature-256': 'sha256=00',
      'x-github-delivery': 'd-1',
      authorization: 'Bearer nobody',
      cookie: 'a=b',
    });
    expect([answer.statusCode, answer.json()]).toEqual([202, applied]);
    expect(edge.client.receivedOf(receiveGithubWebhook)).toEqual([
      {
        body: body.toString('base64'),
        headers: {
          'content-type': 'application/json',
          'x-hub-signature-256': 'sha256=00',
          'x-github-delivery': 'd-1',
          'x-github-event': 'issues',
        },
      },
    ]);
  });

  it('answers a wrong signature as a problem', async () => {
    edge.client.answer(receiveGithubWebhook, () => {
      throw new DomainError('invalid_signature', 'x-hub-signature-256: is not that of a source for this body.');
    });
    const answer = await deliver('{}');
    expect(answer.statusCode).toBe(401);
    expect(answer.headers['content-type']).toMatch('application/problem+json');
    expect(answer.json()).toMatchObject({ status: 401, code: 'invalid_signature' });
  });

  it('refuses a body that no message carries, before it is read', async () => {
    const answer = await deliver(Buffer.alloc(MAX_WEBHOOK_BYTES + 1));
    expect(answer.statusCode).toBe(413);
    expect(edge.client.received).toEqual([]);
    expect((await deliver(Buffer.alloc(MAX_WEBHOOK_BYTES))).statusCode).toBe(202);
  });

  it('takes so many in at a time and no more', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    edge.client.answer(receiveGithubWebhook, () => promise.then(() => applied));
    const many = Array.from({ length: 20 }, () => deliver('{}'));
    const refused: Awaited<(typeof many)[number]>[] = [];
    for (const each of many) void each.then((answer) => refused.push(answer));
    await waitUntil(() => refused.length === 4, { timeoutMs: 10_000, what: 'four are refused' });
    for (const { statusCode, headers } of refused) expect([statusCode, headers['retry-after']]).toEqual([503, '1']);
    resolve();
    const statuses = (await Promise.all(many)).map(({ statusCode }) => statusCode);
    expect(statuses.filter((status) => status === 202)).toHaveLength(16);
    expect((await deliver('{}')).statusCode).toBe(202);
  });

  it.each([
    ['GET', url, 405],
    ['POST', `${url}/x`, 404],
  ] as const)('%s %s is %d', async (method, path, status) => {
    expect((await edge.app.inject({ method, url: path })).statusCode).toBe(status);
  });

  it('refuses a parameter by name', async () => {
    expect((await deliver('{}', {}, '?colour=red')).json()).toMatchObject({ status: 400, field: 'colour' });
  });
});

describe('the secrets of a source', () => {
  const call = (method: Method, url: string, body: object) => callAsAdmin(edge, method, url, body);
  const body = { kind: 'github', repository: 'acme/shop', token: 'ghp_secret', webhookSecret: 'a-long-webhook-secret' };

  it('leave the gateway sealed, each for its own purpose', async () => {
    edge.client.answer(sources.create, () => {
      throw new DomainError('conflict', 'No.');
    });
    await call('POST', '/sources', body);
    const [{ input }] = edge.client.receivedOf(sources.create) as [{ input: Record<string, string> }];
    expect(JSON.stringify(input)).not.toMatch(/ghp_secret|a-long-webhook-secret/);
    const box = new SecretBox(MASTER_KEY);
    expect(box.open(input.sealedToken!, sourceSecrets.token)).toBe('ghp_secret');
    expect(box.open(input.sealedWebhookSecret!, sourceSecrets.webhookSecret)).toBe('a-long-webhook-secret');
    expect(() => box.open(input.sealedToken!, sourceSecrets.webhookSecret)).toThrow();
  });

  it('are removed by null', async () => {
    edge.client.answer(sources.update, () => {
      throw new DomainError('conflict', 'No.');
    });
    await call('PATCH', '/sources/x', { token: null, webhookSecret: null });
    expect(edge.client.receivedOf(sources.update)).toMatchObject([
      { changes: { sealedToken: null, sealedWebhookSecret: null } },
    ]);
  });

  it.each([
    [{ ...body, token: 'with space' }, 'token'],
    [{ ...body, webhookSecret: 'short' }, 'webhookSecret'],
    [{ ...body, sealedToken: 'x' }, 'sealedToken'],
    [{ kind: 'directory', path: '/srv', token: 'x' }, 'token'],
  ])('are refused by name where they can be none: %j', async (wrong, field) => {
    expect((await call('POST', '/sources', wrong)).json()).toMatchObject({ status: 400, field });
  });
});
