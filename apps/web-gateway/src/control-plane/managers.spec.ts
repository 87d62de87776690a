import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { accounts, apiKeys, budgets, type RequestContract } from '@purser/contracts';
import { DomainError } from '@purser/errors';
import { AccountWorld } from '../testing/account-world.ts';
import { callAs, type Method } from '../testing/start-test-edge.ts';

let world: AccountWorld;
beforeAll(async () => {
  world = await AccountWorld.start();
});
afterAll(() => world?.edge.app.close());
beforeEach(() => {
  world.edge.client.received.length = 0;
});

const manage = (method: Method, url: string, body?: unknown, headers?: Record<string, string>) =>
  callAs(world.edge, 'team-manager', method, url, body, headers);
const received = (contract: RequestContract) => world.edge.client.receivedOf(contract);
const wrote = () => world.edge.client.received.filter(({ subject }) => !/\.(get|list)$/.test(subject));
const own = () => world.accountIds.own;
const below = () => world.accountIds.below;

describe('a manager is refused', () => {
  const refused: readonly (readonly [string, () => Parameters<typeof manage>, number, string | undefined])[] = [
    ['an account at the root', () => ['POST', '/accounts', { name: 'x' }], 403, 'parentId'],
    ['an account at the root, said so', () => ['POST', '/accounts', { name: 'x', parentId: null }], 403, 'parentId'],
    ['to move its own account to the root', () => ['PATCH', `/accounts/${own()}`, { parentId: null }], 403, 'parentId'],
    ['to move its own account', () => ['PATCH', `/accounts/${own()}`, { parentId: below() }], 403, 'parentId'],
    ['to disable its own account', () => ['PATCH', `/accounts/${own()}`, { disabled: true }], 403, 'disabled'],
    ['to enable its own account', () => ['PATCH', `/accounts/${own()}`, { disabled: false }], 403, 'disabled'],
    ['to remove its own account', () => ['DELETE', `/accounts/${own()}`], 403, undefined],
    ['its own account in other case', () => ['DELETE', `/accounts/${own().toUpperCase()}`], 403, undefined],
    ['to move an account to the root', () => ['PATCH', `/accounts/${below()}`, { parentId: null }], 403, 'parentId'],
    [
      'to move an account out of what it sees',
      () => ['PATCH', `/accounts/${below()}`, { parentId: world.accountIds.above }],
      400,
      'parentId',
    ],
    ['a key of an admin', () => ['POST', '/keys', { accountId: own(), name: 'x', role: 'admin' }], 403, 'role'],
    [
      'to make a key one of an admin',
      () => ['PATCH', `/keys/${world.idOf('keys', 'below')}`, { role: 'admin' }],
      403,
      'role',
    ],
    ["to touch an admin's key", () => ['PATCH', `/keys/${world.keyIds.admin}`, { name: 'x' }], 403, undefined],
    ["to remove an admin's key", () => ['DELETE', `/keys/${world.keyIds.admin}`], 403, undefined],
    ['another role for its own key', () => ['PATCH', `/keys/${world.keyIds.manager}`, { role: 'viewer' }], 403, 'role'],
    [
      'to make its own key last',
      () => ['PATCH', `/keys/${world.keyIds.manager}`, { expiresAt: null }],
      403,
      'expiresAt',
    ],
    ['to disable its own key', () => ['PATCH', `/keys/${world.keyIds.manager}`, { disabled: true }], 403, 'disabled'],
    ['other limits for its own key', () => ['PATCH', `/keys/${world.keyIds.manager}`, { limits: {} }], 403, 'limits'],
    ['no limits for its own account', () => ['PATCH', `/accounts/${own()}`, { limits: null }], 403, 'limits'],
    ['to remove its own key', () => ['DELETE', `/keys/${world.keyIds.manager}`], 403, undefined],
    [
      'to move a key to another account',
      () => ['PATCH', `/keys/${world.idOf('keys', 'below')}`, { accountId: world.accountIds.foreign }],
      400,
      'accountId',
    ],
  ];

  it.each(refused)('%s', async (_, request, status, field) => {
    const answer = await manage(...request());
    expect({ status: answer.statusCode, body: answer.json() }).toMatchObject({ status, body: field ? { field } : {} });
    expect(wrote()).toEqual([]);
  });

  it('to disable or enable an account below which a key of an admin stands', async () => {
    const admin = await AccountWorld.start({ adminKeyBelow: true });
    try {
      for (const disabled of [true, false]) {
        const url = `/accounts/${admin.accountIds.below}`;
        const answer = await callAs(admin.edge, 'team-manager', 'PATCH', url, { disabled });
        expect(answer.json()).toMatchObject({ status: 403, field: 'disabled' });
        expect((await callAs(admin.edge, 'team-admin', 'PATCH', url, { disabled })).statusCode).toBe(200);
      }
    } finally {
      await admin.edge.app.close();
    }
  });

  it('by its role before its body is looked at, and by what it sees before that too', async () => {
    expect((await manage('POST', '/models', '{')).statusCode).toBe(403);
    expect((await manage('PATCH', `/accounts/${world.accountIds.foreign}`, '{')).statusCode).toBe(404);
    expect((await manage('PATCH', `/keys/${world.keyIds.admin}`, '{')).statusCode).toBe(403);
    expect((await manage('PATCH', `/accounts/${own()}`, '{')).statusCode).toBe(400);
  });
});

describe('a manager whose key expires', () => {
  const ends = '2099-06-30T12:00:00.000Z';
  const later = '2099-06-30T12:00:00.001Z';
  let expiring: AccountWorld;
  beforeAll(async () => {
    expiring = await AccountWorld.start({ managerExpiresAt: ends });
  });
  afterAll(() => expiring?.edge.app.close());

  const write = (method: Method, url: string, body: object) => callAs(expiring.edge, 'team-manager', method, url, body);
  const newKey = (fields: object) => ({ accountId: expiring.accountIds.own, name: 'x', ...fields });
  const other = () => `/keys/${expiring.idOf('keys', 'below')}`;

  it.each([{}, { expiresAt: null }, { expiresAt: later }, { expiresAt: later, role: 'manager' }])(
    'gives out no key that outlives it: %j',
    async (fields) => {
      const answer = await write('POST', '/keys', newKey(fields));
      expect(answer.json()).toMatchObject({
        ...{ status: 403, field: 'expiresAt' },
        detail: `expiresAt: must be ${ends} or earlier, when the key that gives it expires itself.`,
      });
    },
  );

  it.each([null, later])('makes no other key outlive it: %j', async (expiresAt) => {
    expect((await write('PATCH', other(), { expiresAt })).json()).toMatchObject({ status: 403, field: 'expiresAt' });
  });

  it('gives out and changes keys that end with it', async () => {
    // The same instant, also where it is written in another way.
    for (const expiresAt of [ends, '2099-06-30T12:00:00Z', '2030-01-01T00:00:00.000Z']) {
      expect((await write('POST', '/keys', newKey({ expiresAt }))).statusCode).toBe(201);
      expect((await write('PATCH', other(), { expiresAt })).statusCode).toBe(200);
    }
    expect((await write('PATCH', other(), { name: 'y' })).statusCode).toBe(200);
    const byAdmin = await callAs(expiring.edge, 'team-admin', 'POST', '/keys', newKey({}));
    expect(byAdmin.statusCode).toBe(201);
  });
});

describe('a manager may', () => {
  const allowed: readonly (readonly [string, () => Parameters<typeof manage>, number])[] = [
    ['rename its own account', () => ['PATCH', `/accounts/${own()}`, { name: 'x', kind: 'team' }], 200],
    ['make an account below its own', () => ['POST', '/accounts', { name: 'x', parentId: own() }], 201],
    [
      'name its own account in other case',
      () => ['POST', '/accounts', { name: 'x', parentId: own().toUpperCase() }],
      201,
    ],
    ['move one within its subtree', () => ['PATCH', `/accounts/${below()}`, { parentId: own() }], 200],
    ['disable one below its own', () => ['PATCH', `/accounts/${below()}`, { disabled: true }], 200],
    ['rename its own key', () => ['PATCH', `/keys/${world.keyIds.manager}`, { name: 'x' }], 200],
    ['make a key for a manager', () => ['POST', '/keys', { accountId: own(), name: 'x', role: 'manager' }], 201],
    ['change the role of another key', () => ['PATCH', `/keys/${world.keyIds.member}`, { role: 'manager' }], 200],
    ['remove a key of its own account', () => ['DELETE', `/keys/${world.keyIds.viewer}`], 204],
    [
      'raise the budget of its own account',
      () => ['PATCH', `/budgets/${world.idOf('budgets', 'own')}`, { limitUsd: '9' }],
      200,
    ],
  ];
  it.each(allowed)('%s', async (_, request, status) => {
    expect((await manage(...request())).statusCode).toBe(status);
  });
});

describe('a manager whose key has limits', () => {
  let limited: AccountWorld;
  beforeAll(async () => {
    limited = await AccountWorld.start({ managerLimits: { requestsPerMinute: 60, concurrency: 2 } });
  });
  afterAll(() => limited?.edge.app.close());

  const write = (method: Method, url: string, body: object) => callAs(limited.edge, 'team-manager', method, url, body);
  const other = () => `/keys/${limited.idOf('keys', 'below')}`;

  it.each([
    [{}, 'limits.requestsPerMinute'],
    [{ limits: null }, 'limits.requestsPerMinute'],
    [{ limits: { requestsPerMinute: 61, concurrency: 1 } }, 'limits.requestsPerMinute'],
    [{ limits: { requestsPerMinute: 60 } }, 'limits.concurrency'],
  ])('gives out no key that may do more: %j', async (fields, field) => {
    const created = await write('POST', '/keys', { accountId: limited.accountIds.own, name: 'x', ...fields });
    expect(created.json()).toMatchObject({ status: 403, code: 'forbidden', field });
    if (!('limits' in fields)) return;
    expect((await write('PATCH', other(), fields)).json()).toMatchObject({ status: 403, field });
  });

  it.each([
    { requestsPerMinute: 60, concurrency: 2 },
    { requestsPerMinute: 1, concurrency: 1, tokensPerMinute: 9 },
  ])('gives out keys that may do as much or less: %j', async (limits) => {
    const key = { accountId: limited.accountIds.own, name: 'x', limits };
    expect((await write('POST', '/keys', key)).statusCode).toBe(201);
    expect((await write('PATCH', other(), { limits })).statusCode).toBe(200);
    expect((await write('PATCH', `/accounts/${limited.accountIds.below}`, { limits: null })).statusCode).toBe(200);
  });
});

describe('what a manager writes', () => {
  const contracts = [
    ['accounts', accounts, { name: 'x' }],
    ['keys', apiKeys, { name: 'x' }],
    ['budgets', budgets, { hard: false }],
  ] as const;
  afterEach(() => world.serve());

  it.each(contracts)('changes the version of %s that was looked at', async (path, contract, changes) => {
    const id = world.idOf(path, 'below');
    await manage('PATCH', `/${path}/${id}`, changes);
    await manage('PATCH', `/${path}/${id}`, changes, { 'if-match': '*' });
    await manage('DELETE', `/${path}/${id}`);
    expect(received(contract.update)).toMatchObject([{ ifMatch: 3 }, { ifMatch: 3 }]);
    expect(received(contract.remove)).toMatchObject([{ ifMatch: 3 }]);
  });

  it.each(contracts)('is refused with an If-Match of another version of %s', async (path, _, changes) => {
    const id = world.idOf(path, 'below');
    for (const tag of ['"2"', '"4"', '"999999"']) {
      for (const answer of [
        await manage('PATCH', `/${path}/${id}`, changes, { 'if-match': tag }),
        await manage('DELETE', `/${path}/${id}`, undefined, { 'if-match': tag }),
      ]) {
        expect(answer.json()).toMatchObject({ status: 412, code: 'precondition_failed', id, version: 3 });
      }
    }
    expect(wrote()).toEqual([]);
  });

  it.each(contracts)(
    'is to be sent again where somebody else changed %s meanwhile',
    async (path, contract, changes) => {
      const id = world.idOf(path, 'below');
      const late = () => {
        throw new DomainError('precondition_failed', 'Another version by now.', { id, version: 4 });
      };
      world.edge.client.answer<RequestContract>(contract.update, late).answer<RequestContract>(contract.remove, late);
      for (const answer of [
        await manage('PATCH', `/${path}/${id}`, changes),
        await manage('DELETE', `/${path}/${id}`),
      ]) {
        expect(answer.json()).toMatchObject({ status: 409, code: 'concurrent_change', id });
      }
      const conditional = await manage('PATCH', `/${path}/${id}`, changes, { 'if-match': '"3"' });
      expect(conditional.json()).toMatchObject({ status: 412, code: 'precondition_failed' });
    },
  );

  it('is one message more than what an admin writes', async () => {
    const id = below();
    await callAs(world.edge, 'team-admin', 'PATCH', `/accounts/${id}`, { parentId: null });
    expect(world.edge.client.received.map(({ subject }) => subject)).toEqual(['budget.accounts.update']);
    expect(received(accounts.update)[0]).not.toHaveProperty('ifMatch');
  });
});
