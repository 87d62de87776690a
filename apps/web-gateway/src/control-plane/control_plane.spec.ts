import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  accounts,
  budgets,
  listLeases,
  listLedger,
  listUsage,
  models,
  providers,
  releaseLease,
  sources,
  syncSource,
  type RequestContract,
} from '@purser/contracts';
import { DomainError } from '@purser/errors';
import { SecretBox } from '@purser/secrets';
import { v7 as uuidv7 } from 'uuid';
import { callAsAdmin, MASTER_KEY, startTestEdge, type Method, type TestEdge } from '../testing/start-test-edge.ts';

const id = uuidv7();
const at = '2026-01-31T12:00:00.000Z';
const stored = { id, version: 3, createdAt: at, updatedAt: at };
const account = {
  ...stored,
  name: 'Acme',
  kind: 'account',
  parentId: null,
  path: [id],
  overBudget: 'refuse',
  limits: null,
  disabled: false,
};
const window = {
  startsAt: at,
  endsAt: null,
  limitUsd: '1',
  settledUsd: '0',
  heldUsd: '0',
  overrunUsd: '0',
  remainingUsd: '1',
};
const budget = {
  ...stored,
  accountId: id,
  limitUsd: '1',
  window: 'total',
  timeZone: 'UTC',
  hard: true,
  filter: {},
  disabled: false,
  current: window,
};
const provider = {
  ...stored,
  name: 'acme',
  kind: 'openai-compatible',
  baseUrl: 'http://127.0.0.1:9/v1',
  hasApiKey: true,
  concurrency: 50,
  cancelledStreams: 'drain',
  simulated: false,
  disabled: false,
  status: 'enabled',
};
const noRows = { data: [], pagination: { limit: 50, nextCursor: null } };
const page = (total: number, number = 1, limit = 50) => {
  const pages = Math.ceil(total / limit);
  return { data: [], pagination: { page: number, limit, total, pages, hasNext: number < pages, hasPrev: number > 1 } };
};

let edge: TestEdge;
beforeAll(async () => {
  edge = await startTestEdge();
  edge.client
    .answer(accounts.create, () => account)
    .answer(accounts.get, () => account)
    .answer(accounts.list, () => page(120, 2))
    .answer(accounts.update, () => ({ ...account, version: 4 }))
    .answer(accounts.remove, () => ({}))
    .answer(budgets.get, () => budget)
    .answer(providers.create, () => provider)
    .answer(providers.update, () => provider);
});
afterAll(() => edge.app.close());
beforeEach(() => {
  edge.client.received.length = 0;
});

const call = (method: Method, url: string, body?: unknown, headers?: Record<string, string>) =>
  callAsAdmin(edge, method, url, body, headers);
const received = (contract: RequestContract) => edge.client.receivedOf(contract);
const actor = () => ({ keyId: edge.keyIds.admin, accountId: edge.accountId });

describe('a resource', () => {
  it('is created: 201, where it is, its version, itself; by whom goes along', async () => {
    const answer = await call('POST', '/accounts', { name: ' Acme ' }, { 'idempotency-key': 'once' });
    expect(answer.statusCode).toBe(201);
    expect(answer.headers).toMatchObject({
      location: `/api/v1/accounts/${id}`,
      etag: '"3"',
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'x-request-id': expect.any(String),
    });
    expect(answer.json()).toEqual(account);
    expect(received(accounts.create)).toEqual([
      {
        input: { name: 'Acme', kind: 'account', parentId: null, overBudget: 'refuse', limits: null, disabled: false },
        actor: actor(),
        idempotencyKey: 'once',
      },
    ]);
  });

  it('is listed with links and totals; other parameters stay in the links', async () => {
    const answer = await call('GET', '/accounts?sort=-name&page=2&kind=a%20b');
    expect(received(accounts.list)).toEqual([{ page: 2, limit: 50, sort: '-name', kind: 'a b' }]);
    expect(answer.headers).toMatchObject({
      'x-total-count': '120',
      'x-page': '2',
      'x-per-page': '50',
      'x-total-pages': '3',
    });
    const link = (page: number, rel: string) =>
      `</api/v1/accounts?sort=-name&page=${page}&kind=a+b&limit=50>; rel="${rel}"`;
    expect(answer.headers.link).toBe([link(1, 'first'), link(1, 'prev'), link(3, 'next'), link(3, 'last')].join(', '));
  });

  it('is read with its version; 304 for who has it', async () => {
    const answer = await call('GET', `/accounts/${id}`);
    expect(answer.headers.etag).toBe('"3"');
    expect(answer.json()).toEqual(account);
    for (const known of ['"3"', 'W/"3"', '"1", "3"', '*']) {
      const again = await call('GET', `/accounts/${id}`, undefined, { 'if-none-match': known });
      expect(again.statusCode).toBe(304);
      expect(again.body).toBe('');
      expect(again.headers.etag).toBe('"3"');
    }
    expect((await call('GET', `/accounts/${id}`, undefined, { 'if-none-match': '"2"' })).statusCode).toBe(200);
  });

  it('is changed, if it still has the version', async () => {
    const answer = await call('PATCH', `/accounts/${id}`, { name: 'New' }, { 'if-match': '"3"' });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers.etag).toBe('"4"');
    expect(received(accounts.update)).toEqual([{ id, changes: { name: 'New' }, ifMatch: 3, actor: actor() }]);
  });

  it('is removed: 204 without a body', async () => {
    const answer = await call('DELETE', `/accounts/${id}`, undefined, { 'if-match': '"7"' });
    expect(answer.statusCode).toBe(204);
    expect(answer.body).toBe('');
    expect(received(accounts.remove)).toEqual([{ id, ifMatch: 7, actor: actor() }]);
  });

  it.each([
    ['"x"', 412, 'precondition_failed'],
    ['W/"3"', 412, 'precondition_failed'],
    ['3', 412, 'precondition_failed'],
    ['"1", "2"', 400, 'invalid_request'],
  ])('is left alone with If-Match %s', async (ifMatch, status, code) => {
    const answer = await call('PATCH', `/accounts/${id}`, { name: 'New' }, { 'if-match': ifMatch });
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toMatchObject({ code, field: 'If-Match' });
    expect(received(accounts.update)).toEqual([]);
  });

  it('takes If-Match: * for no condition', async () => {
    await call('DELETE', `/accounts/${id}`, undefined, { 'if-match': '*' });
    expect(received(accounts.remove)).toEqual([{ id, actor: actor() }]);
  });

  it("passes the service's errors on", async () => {
    edge.client.answer(models.remove, () => {
      throw new DomainError('conflict', 'A route still uses it.', { routes: ['chat'] });
    });
    const answer = await call('DELETE', `/models/${id}`);
    expect(answer.statusCode).toBe(409);
    expect(answer.json()).toMatchObject({ code: 'conflict', detail: 'A route still uses it.', routes: ['chat'] });
    expect((await call('GET', `/routes/${id}`)).statusCode).toBe(503);
  });
});

describe('a budget', () => {
  it('is never "not modified" while its window moves, and If-Match heeds its version alone', async () => {
    const first = await call('GET', `/budgets/${id}`);
    const tag = String(first.headers.etag);
    expect((await call('GET', `/budgets/${id}`, undefined, { 'if-none-match': tag })).statusCode).toBe(304);
    edge.client.answer(budgets.get, () => ({ ...budget, current: { ...window, settledUsd: '0.5' } }));
    const moved = await call('GET', `/budgets/${id}`, undefined, { 'if-none-match': tag });
    expect(moved.statusCode).toBe(200);
    edge.client.answer(budgets.update, () => budget);
    await call('PATCH', `/budgets/${id}`, { limitUsd: '2' }, { 'if-match': tag });
    expect(received(budgets.update)).toMatchObject([{ ifMatch: 3 }]);
  });
});

describe('a provider', () => {
  const box = new SecretBox(MASTER_KEY);
  const input = { name: 'acme', kind: 'openai-compatible', baseUrl: 'http://127.0.0.1:9/v1', apiKey: 'sk-clear' };
  const sealedIn = (message: Record<string, unknown> | undefined, field: 'input' | 'changes') =>
    (message?.[field] as { sealedApiKey: string }).sealedApiKey;

  it('has its API key sealed before it leaves', async () => {
    const answer = await call('POST', '/providers', input);
    expect(answer.statusCode).toBe(201);
    const [message] = received(providers.create);
    expect(JSON.stringify(message)).not.toContain('sk-clear');
    expect(box.open(sealedIn(message, 'input'), 'provider.apiKey')).toBe('sk-clear');
    expect(answer.body).not.toContain('sk-clear');
  });

  it('is the same message again with the same Idempotency-Key, and another without', async () => {
    for (const key of ['one', 'one', 'two']) await call('POST', '/providers', input, { 'idempotency-key': key });
    const [first, again, other] = received(providers.create);
    expect(again).toEqual(first);
    expect(sealedIn(other, 'input')).not.toBe(sealedIn(first, 'input'));
  });

  it('keeps its key where none is sent, and loses it with null', async () => {
    await call('PATCH', `/providers/${id}`, { concurrency: 5 });
    await call('PATCH', `/providers/${id}`, { apiKey: null });
    await call('PATCH', `/providers/${id}`, { apiKey: 'sk-new' });
    const [kept, removed, replaced] = received(providers.update);
    expect(kept?.['changes']).toEqual({ concurrency: 5 });
    expect(removed?.['changes']).toEqual({ sealedApiKey: null });
    expect(box.open(sealedIn(replaced, 'changes'), 'provider.apiKey')).toBe('sk-new');
  });

  it('can not be given a sealed key from outside', async () => {
    const answer = await call('POST', '/providers', { ...input, sealedApiKey: 'v1.x' });
    expect(answer.json()).toMatchObject({ status: 400, field: 'sealedApiKey' });
  });
});

describe('what is not a resource', () => {
  it.each([
    ['/ledger?limit=5&kind=settle', listLedger, { limit: 5, kind: 'settle' }],
    ['/leases?stranded=true', listLeases, { limit: 50, stranded: 'true' }],
    [`/usage?cursor=abc&accountId=${id}`, listUsage, { limit: 50, cursor: 'abc', accountId: id }],
  ] as const)('GET %s is one message', async (url, contract, message) => {
    edge.client.answer<RequestContract>(contract, () => noRows);
    const answer = await call('GET', url);
    expect(answer.json()).toEqual(noRows);
    expect(received(contract)).toEqual([message]);
  });

  it('a log that goes on links to what follows, its own query kept', async () => {
    edge.client.answer(listLedger, () => ({ data: [], pagination: { limit: 5, nextCursor: 'a+b' } }));
    const answer = await call('GET', '/ledger?limit=5&cursor=old&kind=settle');
    expect(answer.headers.link).toBe('</api/v1/ledger?limit=5&cursor=a%2Bb&kind=settle>; rel="next"');
    edge.client.answer(listLedger, () => noRows);
    expect((await call('GET', '/ledger')).headers.link).toBeUndefined();
  });

  it('POST /leases/:id/release says as what', async () => {
    const lease = {
      ...{ id, budgetId: id, accountId: id, windowId: id, gatewayId: id, session: id },
      ...{ sessionState: 'abandoned', state: 'released', grantedUsd: '1', returnedUsd: '0', settledUsd: '0' },
      ...{ restUsd: '1', stranded: true, lastSeenAt: at },
    };
    edge.client.answer(releaseLease, () => lease);
    const answer = await call('POST', `/leases/${id}/release`, { as: 'spent' });
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual(lease);
    expect(received(releaseLease)).toEqual([{ id, input: { as: 'spent' } }]);
    const refused = await call('POST', `/leases/${id}/release`, { as: 'lost' });
    expect(refused.json()).toMatchObject({ status: 400, field: 'as', detail: 'as: must be unspent or spent' });
  });

  it('POST /sources/:id/sync needs no body', async () => {
    const source = {
      ...stored,
      kind: 'directory',
      path: '/x',
      status: 'ok',
      problems: [],
      workEfforts: 1,
      syncedAt: at,
      disabled: false,
    };
    edge.client.answer(syncSource, () => source).answer(sources.get, () => source);
    const answer = await call('POST', `/sources/${id}/sync`);
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual(source);
    const tag = String((await call('GET', `/sources/${id}`)).headers.etag);
    edge.client.answer(sources.get, () => ({ ...source, status: 'failed' }));
    expect((await call('GET', `/sources/${id}`, undefined, { 'if-none-match': tag })).statusCode).toBe(200);
  });
});
