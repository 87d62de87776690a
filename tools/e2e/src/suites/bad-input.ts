import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { Stack } from '../stack/stack.ts';
import { Api, type ApiAnswer } from '../tenant/api.ts';
import { Tenant } from '../tenant/tenant.ts';

const TOO_LARGE_BYTES = 10_000_001;
const deep = '['.repeat(5_000) + ']'.repeat(5_000);

/** What comes in wrong is refused by its name, with what is allowed, and changes nothing. */
export function badInput(stack: () => Stack): void {
  let tenant: Tenant;
  let admin: Api;
  beforeAll(async () => {
    tenant = await Tenant.create(stack(), { limitUsd: '1' });
    admin = new Api(stack().gateways[0]!, stack().adminKey);
  });
  afterAll(() => tenant?.close());

  describe('bad input on /v1', () => {
    const send = (body: unknown, headers?: Record<string, string>): Promise<ApiAnswer> =>
      new Api(stack().gateways[0]!, tenant.key).post('/v1/chat/completions', body, headers);
    const messages = [{ role: 'user', content: 'Hi' }];
    const fine = () => ({ model: tenant.model(), messages, max_tokens: 8 });

    it.each<[string, (fine: object) => unknown, number, string | null]>([
      ['what is not JSON', () => '{"model": ', 400, 'body'],
      ['nothing', () => '', 400, 'body'],
      ['a list', () => [], 400, 'body'],
      ['no model', () => ({ messages, max_tokens: 8 }), 400, 'model'],
      ['a model that is no text', (ok) => ({ ...ok, model: 7 }), 400, 'model'],
      ['no messages', (ok) => ({ ...ok, messages: undefined }), 400, 'messages'],
      ['messages that are no list', (ok) => ({ ...ok, messages: {} }), 400, 'messages'],
      ['a negative token limit', (ok) => ({ ...ok, max_tokens: -1 }), 400, 'max_tokens'],
      ['a token limit in words', (ok) => ({ ...ok, max_tokens: 'many' }), 400, 'max_tokens'],
      ['an absurd token limit', (ok) => ({ ...ok, max_completion_tokens: 1e300 }), 400, 'max_completion_tokens'],
      ['an absurd number of choices', (ok) => ({ ...ok, n: 1e9 }), 400, 'n'],
      ['a stream that is neither yes nor no', (ok) => ({ ...ok, stream: 'yes' }), 400, 'stream'],
      ['a field twice', (ok) => `${JSON.stringify(ok).slice(0, -1)},"max_tokens":1}`, 400, 'max_tokens'],
      ['__proto__', (ok) => `${JSON.stringify(ok).slice(0, -1)},"__proto__":{"n":1}}`, 400, '__proto__'],
      ['what is nested too deep', (ok) => `${JSON.stringify(ok).slice(0, -1)},"x":${deep}}`, 400, 'body'],
      ['what is too large', (ok) => ({ ...ok, user: 'x'.repeat(TOO_LARGE_BYTES) }), 413, 'body'],
    ])('refuses %s', async (_what, body, status, param) => {
      const answer = await send(body(fine()));
      expect(answer.status).toBe(status);
      expect(answer.body.error).toMatchObject({ param, code: expect.any(String), type: expect.any(String) });
      expect(answer.body.error.message).toContain(param ?? '');
    });

    it.each([
      ['another charset', 400, { 'content-type': 'application/json; charset=utf-16' }],
      ['another type', 415, { 'content-type': 'text/plain' }],
    ])('refuses %s', async (_what, status, headers) => {
      const answer = await send(fine(), headers);
      expect([answer.status, answer.body.error.param]).toEqual([status, 'content-type']);
    });

    it('refuses bytes that are no UTF-8', async () => {
      const response = await fetch(`${stack().gateways[0]}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${tenant.key}`, 'content-type': 'application/json' },
        body: Buffer.concat([
          Buffer.from(JSON.stringify(fine()).slice(0, -3)),
          Buffer.from([0xff, 0xfe]),
          Buffer.from('"}'),
        ]),
      });
      expect(response.status).toBe(400);
    });

    it('sends nothing of it to a provider, and goes on serving', async () => {
      expect(tenant.simulator.ledger().totals.requests).toBe(0);
      expect((await send(fine())).status).toBe(200);
    });
  });

  describe('bad input on /api/v1', () => {
    const lists = ['accounts', 'keys', 'budgets', 'providers', 'models', 'routes'];
    const totals = async (): Promise<number[]> => {
      const answers = await Promise.all(lists.map((list) => admin.read(`${list}?limit=1`)));
      return answers.map(({ pagination }: { pagination: { total: number } }) => pagination.total);
    };
    let before: number[];
    beforeEach(async () => {
      before = await totals();
    });

    const keyWith = (limits: object) => ({ accountId: tenant.accountId, name: 'a', limits });
    const budget = () => ({ accountId: tenant.accountId, limitUsd: '1', window: 'day' });
    const provider = () => ({ name: 'bad', kind: 'openai-compatible', baseUrl: 'http://127.0.0.1:9/v1' });
    const model = () => ({
      providerId: tenant.providerId,
      name: 'bad',
      inputUsdPerMillion: '1',
      outputUsdPerMillion: '1',
    });

    it.each<[string, string, () => unknown, string]>([
      ['what is not JSON', 'accounts', () => '{"name" "x"}', 'body'],
      ['a list', 'accounts', () => [], 'body'],
      ['what is nested too deep', 'accounts', () => deep, 'body'],
      ['a field twice', 'accounts', () => '{"name":"a","name":"b"}', 'name'],
      ['__proto__', 'accounts', () => '{"name":"a","__proto__":{"kind":"x"}}', '__proto__'],
      ['no name', 'accounts', () => ({}), 'name'],
      ['an empty name', 'accounts', () => ({ name: '  ' }), 'name'],
      ['an unknown field', 'accounts', () => ({ name: 'a', colour: 'red' }), 'colour'],
      ['a parent that is no id', 'accounts', () => ({ name: 'a', parentId: 'me' }), 'parentId'],
      ['a parent that is not there', 'accounts', () => ({ name: 'a', parentId: randomUUID() }), 'parentId'],
      ['an account that is not there', 'keys', () => ({ accountId: randomUUID(), name: 'a' }), 'accountId'],
      ['a role that there is not', 'keys', () => ({ accountId: tenant.accountId, name: 'a', role: 'root' }), 'role'],
      ['a limit of 0', 'keys', () => keyWith({ requestsPerMinute: 0 }), 'limits.requestsPerMinute'],
      ['half a token', 'keys', () => keyWith({ tokensPerMinute: 0.5 }), 'limits.tokensPerMinute'],
      ['too many at a time', 'keys', () => keyWith({ concurrency: 1e9 }), 'limits.concurrency'],
      ['a limit that there is not', 'accounts', () => ({ name: 'a', limits: { perHour: 1 } }), 'limits.perHour'],
      ['negative money', 'budgets', () => ({ ...budget(), limitUsd: '-1' }), 'limitUsd'],
      ['money as a number', 'budgets', () => ({ ...budget(), limitUsd: 1 }), 'limitUsd'],
      ['money in a float', 'budgets', () => ({ ...budget(), limitUsd: '1e3' }), 'limitUsd'],
      ['less than a nano-dollar', 'budgets', () => ({ ...budget(), limitUsd: '0.0000000001' }), 'limitUsd'],
      ['more money than there is', 'budgets', () => ({ ...budget(), limitUsd: '9'.repeat(30) }), 'limitUsd'],
      ['a window that there is not', 'budgets', () => ({ ...budget(), window: 'fortnight' }), 'window'],
      ['a zone that there is not', 'budgets', () => ({ ...budget(), timeZone: 'Mars/Olympus' }), 'timeZone'],
      ['a base URL that is no URL', 'providers', () => ({ ...provider(), baseUrl: 'here' }), 'baseUrl'],
      ['a base URL of files', 'providers', () => ({ ...provider(), baseUrl: 'file:///etc/passwd' }), 'baseUrl'],
      ['a metadata address', 'providers', () => ({ ...provider(), baseUrl: 'http://169.254.169.254/v1' }), 'baseUrl'],
      [
        'a metadata address in disguise',
        'providers',
        () => ({ ...provider(), baseUrl: 'http://[::ffff:a9fe:a9fe]/' }),
        'baseUrl',
      ],
      ['no places at a provider', 'providers', () => ({ ...provider(), concurrency: 0 }), 'concurrency'],
      ['a negative price', 'models', () => ({ ...model(), inputUsdPerMillion: '-0.1' }), 'inputUsdPerMillion'],
      ['a provider that is not there', 'models', () => ({ ...model(), providerId: randomUUID() }), 'providerId'],
      ['a route to nowhere', 'routes', () => ({ name: 'r', strategy: 'priority', targets: [] }), 'targets'],
      [
        'a target that is not there',
        'routes',
        () => ({ name: 'r', strategy: 'priority', targets: [{ modelId: randomUUID() }] }),
        'targets',
      ],
      ['a strategy of later', 'routes', () => ({ name: 'r', strategy: 'magic', targets: [] }), 'strategy'],
    ])('refuses %s (%s)', async (_what, resource, body, field) => {
      const answer = await admin.post(`/api/v1/${resource}`, body());
      expect(answer.status).toBe(400);
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
      expect(answer.body).toMatchObject({ status: 400, code: expect.any(String), title: expect.any(String) });
      expect(answer.body.detail).toContain(field);
      expect(await totals()).toEqual(before);
    });

    it('refuses a parent that would make a cycle', async () => {
      const parent = await admin.create('accounts', { name: 'grandmother' });
      const child = await admin.create('accounts', { name: 'mother', parentId: parent.id });
      const grandchild = await admin.create('accounts', { name: 'daughter', parentId: child.id });
      for (const parentId of [parent.id, child.id, grandchild.id]) {
        const answer = await admin.patch(`/api/v1/accounts/${parent.id}`, { parentId });
        expect([400, 409]).toContain(answer.status);
        expect(answer.body.detail).toContain('parentId');
      }
      expect(await admin.read(`accounts/${parent.id}`)).toMatchObject({ parentId: null, version: parent.version });
    });

    it('refuses a body that is too large, and queries that make no sense', async () => {
      expect((await admin.post('/api/v1/accounts', { name: 'x'.repeat(TOO_LARGE_BYTES) })).status).toBe(413);
      for (const query of ['page=0', 'limit=101', 'limit=ten', 'sort=colour', 'colour=red']) {
        expect([query, (await admin.get(`/api/v1/accounts?${query}`)).status]).toEqual([query, 400]);
      }
      expect(await totals()).toEqual(before);
    });

    it('knows no such path and no such method', async () => {
      expect((await admin.get('/api/v1/nothing')).status).toBe(404);
      expect((await admin.get('/api/v1/accounts/not-an-id')).status).toBe(404);
      const put = await admin.call('PUT', '/api/v1/accounts', { body: {} });
      expect([put.status, put.headers.get('allow')]).toEqual([405, expect.stringContaining('POST')]);
    });
  });
}
