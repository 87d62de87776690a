import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  accounts,
  apiKeys,
  budgets,
  exportUsage,
  listLeases,
  listLedger,
  listUsage,
  role,
  sumUsage,
  topUsage,
  usageDashboard,
  usageLatency,
  type RequestContract,
} from '@purser/contracts';
import type { FastifyInstance } from 'fastify';
import { v7 as uuidv7 } from 'uuid';
import { routesOf } from '../errors/routes.ts';
import { AccountWorld, type Place } from '../testing/account-world.ts';
import { callAs, type Method } from '../testing/start-test-edge.ts';

let world: AccountWorld;
beforeAll(async () => {
  world = await AccountWorld.start();
});
afterAll(() => world?.edge.app.close());
beforeEach(() => {
  world.edge.client.received.length = 0;
});

const roles = role.options;
const places: readonly Place[] = ['own', 'below', 'above', 'foreign', 'unknown'];
const call = (secret: string, method: Method, url: string, body?: unknown, headers?: Record<string, string>) =>
  callAs(world.edge, secret, method, url, body, headers);
const statusOf = async (secret: string, method: Method, url: string, body?: unknown) =>
  (await call(secret, method, url, body)).statusCode;

type Owned = 'accounts' | 'keys' | 'budgets';
/** The status for an account, or something of it: own, below, above, foreign, unknown. */
type Statuses = readonly [number, number, number, number, number];
type Expected = readonly [Method, Owned, Readonly<Record<(typeof roles)[number], Statuses>>];

const anybody: Statuses = [200, 200, 200, 200, 404];
const subtree: Statuses = [200, 200, 404, 404, 404];
const ownOnly: Statuses = [200, 404, 404, 404, 404];
const never: Statuses = [403, 403, 403, 403, 403];

const owned: readonly Expected[] = [
  ['GET', 'accounts', { admin: anybody, manager: subtree, member: ownOnly, viewer: subtree }],
  ['GET', 'keys', { admin: anybody, manager: subtree, member: ownOnly, viewer: subtree }],
  ['GET', 'budgets', { admin: anybody, manager: subtree, member: ownOnly, viewer: subtree }],
  ['PATCH', 'accounts', { admin: anybody, manager: subtree, member: never, viewer: never }],
  ['PATCH', 'keys', { admin: anybody, manager: subtree, member: never, viewer: never }],
  ['PATCH', 'budgets', { admin: anybody, manager: subtree, member: never, viewer: never }],
  [
    ...(['DELETE', 'accounts'] as const),
    { admin: [204, 204, 204, 204, 404], manager: [403, 204, 404, 404, 404], member: never, viewer: never },
  ],
  [
    ...(['DELETE', 'keys'] as const),
    { admin: [204, 204, 204, 204, 404], manager: [204, 204, 404, 404, 404], member: never, viewer: never },
  ],
  [
    ...(['DELETE', 'budgets'] as const),
    { admin: [204, 204, 204, 204, 404], manager: [204, 204, 404, 404, 404], member: never, viewer: never },
  ],
  // Created under, or for, the account at that place; the service would refuse the admin's unknown one.
  [
    ...(['POST', 'accounts'] as const),
    { admin: [201, 201, 201, 201, 201], manager: [201, 201, 400, 400, 400], member: never, viewer: never },
  ],
  [
    ...(['POST', 'keys'] as const),
    { admin: [201, 201, 201, 201, 201], manager: [201, 201, 400, 400, 400], member: never, viewer: never },
  ],
  [
    ...(['POST', 'budgets'] as const),
    { admin: [201, 201, 201, 201, 201], manager: [201, 201, 400, 400, 400], member: never, viewer: never },
  ],
];

const changes = { accounts: { name: 'new' }, keys: { name: 'new' }, budgets: { limitUsd: '2' } };
const newIn = (resource: Owned, accountId: string) =>
  ({
    accounts: { name: 'new', parentId: accountId },
    keys: { accountId, name: 'new' },
    budgets: { accountId, limitUsd: '1', window: 'day' },
  })[resource];

const lists: readonly [string, RequestContract][] = [
  ['accounts', accounts.list],
  ['keys', apiKeys.list],
  ['budgets', budgets.list],
  ['ledger', listLedger],
  ['leases', listLeases],
  ['usage', listUsage],
  ['reports/usage', sumUsage],
  ['reports/top?dimension=model', topUsage],
  ['reports/latency', usageLatency],
  ['reports/dashboard', usageDashboard],
  ['reports/export?format=csv', exportUsage],
];

/** The lists that show what a whole subtree spent. */
const withSubtree = /^(ledger|usage|reports\/)/;

describe('what belongs to accounts', () => {
  const cases = owned.flatMap(([method, resource, expected]) =>
    roles.map((each) => [each, method, resource, expected[each]] as const),
  );
  it.each(cases)('%s: %s %s is by place %j', async (each, method, resource, expected) => {
    const statuses: number[] = [];
    for (const place of places) {
      const id = world.idOf(resource, place);
      const url = method === 'POST' ? `/${resource}` : `/${resource}/${id}`;
      const bodies = { POST: newIn(resource, id), PATCH: changes[resource], GET: undefined, DELETE: undefined };
      const accountId = resource === 'accounts' ? id : world.accountIds[place];
      const body = method === 'POST' ? newIn(resource, accountId) : bodies[method];
      statuses.push(await statusOf(`team-${each}`, method, url, body));
    }
    expect(statuses).toEqual(expected);
  });

  it.each<[Method, Owned]>([
    ['GET', 'accounts'],
    ['GET', 'keys'],
    ['GET', 'budgets'],
    ['PATCH', 'accounts'],
    ['PATCH', 'keys'],
    ['PATCH', 'budgets'],
    ['DELETE', 'accounts'],
    ['DELETE', 'keys'],
    ['DELETE', 'budgets'],
  ])('%s %s of what is not seen is answered word for word as of what is not there', async (method, resource) => {
    const answers: unknown[] = [];
    for (const place of ['foreign', 'above', 'unknown'] as const) {
      world.edge.client.received.length = 0;
      const id = world.idOf(resource, place);
      const body = method === 'PATCH' ? changes[resource] : undefined;
      const headers = { 'x-request-id': 'same', 'if-none-match': '*' };
      const answer = await call('team-manager', method, `/${resource}/${id}`, body, headers);
      const untimed = Object.entries(answer.headers).filter(
        ([name]) => !['date', 'server-timing', 'x-response-time-ms'].includes(name),
      );
      const asked = world.edge.client.received.map(({ subject }) => subject);
      answers.push({ status: answer.statusCode, headers: untimed, body: answer.body.replaceAll(id, 'ID'), asked });
    }
    expect(answers[0]).toMatchObject({ status: 404, asked: [`budget.${resource}.get`] });
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[2]).toEqual(answers[0]);
  });

  it.each<[string, Owned, string]>([
    ['parentId', 'accounts', 'parentId: must be the id of an existing account'],
    ['accountId', 'keys', 'accountId: must be the id of an existing account'],
    ['accountId', 'budgets', 'accountId: must be the id of an existing account'],
  ])('a %s that is not seen is answered as one that does not exist, in %s', async (field, resource, detail) => {
    for (const place of ['foreign', 'above', 'unknown'] as const) {
      const answer = await call('team-manager', 'POST', `/${resource}`, newIn(resource, world.accountIds[place]));
      expect(answer.json()).toMatchObject({ status: 400, code: 'invalid_request', field, detail });
    }
    expect(world.edge.client.received).toEqual([]);
  });

  const withQuery = (path: string, query: string) => `/${path}${path.includes('?') ? '&' : '?'}${query}`;
  const visibleIn = async (secret: string, url: string, contract: RequestContract) => {
    world.edge.client.received.length = 0;
    const answer = await call(secret, 'GET', url);
    // Nobody plays the reports service here; what it is asked is what counts.
    if (![200, 503].includes(answer.statusCode)) return answer.statusCode;
    expect(world.edge.client.received).toHaveLength(1);
    return world.edge.client.receivedOf(contract)[0]?.['visibleTo'];
  };

  it.each(lists)('lists of %s are asked for by what the caller sees', async (path, contract) => {
    const { own, below } = world.accountIds;
    expect(await visibleIn('team-admin', `/${path}`, contract)).toBeUndefined();
    expect(await visibleIn('team-manager', `/${path}`, contract)).toEqual([own, below]);
    expect(await visibleIn('team-viewer', `/${path}`, contract)).toEqual([own, below]);
    expect(await visibleIn('team-member', `/${path}`, contract)).toEqual(path === 'leases' ? 403 : [own]);
  });

  it.each(lists.slice(1))('lists of %s by account are narrowed to it, in any case', async (path, contract) => {
    const { own, below, above, foreign, unknown } = world.accountIds;
    const asked = (accountId: string) => visibleIn('team-manager', withQuery(path, `accountId=${accountId}`), contract);
    expect(await asked(below)).toEqual([below]);
    expect(await asked(below.toUpperCase())).toEqual([below]);
    for (const id of [above, foreign, foreign.toUpperCase(), unknown]) expect(await asked(id)).toEqual([]);
    const member = await visibleIn('team-member', withQuery(path, `accountId=${below}`), contract);
    expect(member).toEqual(path === 'leases' ? 403 : []);
    expect(await visibleIn('team-viewer', withQuery(path, `accountId=${own}`), contract)).toEqual([own]);
  });

  it.each(lists.filter(([path]) => withSubtree.test(path)))('of %s a whole subtree is seen', async (path, contract) => {
    const { own, below, above, foreign, unknown } = world.accountIds;
    const asked = (role: string, accountId: string, subtree = 'true') =>
      visibleIn(`team-${role}`, withQuery(path, `accountId=${accountId}&subtree=${subtree}`), contract);
    expect(await asked('admin', above)).toEqual([above, own, below]);
    expect(await asked('admin', above.toUpperCase())).toEqual([above, own, below]);
    expect(world.edge.client.receivedOf(contract)[0]).not.toHaveProperty('accountId');
    // Of one that was deleted its own rows are left.
    expect(await asked('admin', unknown)).toEqual([unknown]);
    for (const role of ['manager', 'viewer']) {
      expect(await asked(role, own)).toEqual([own, below]);
      expect(await asked(role, below)).toEqual([below]);
      expect(await asked(role, own, 'false')).toEqual([own]);
      for (const id of [above, foreign, unknown]) expect(await asked(role, id)).toEqual([]);
    }
    expect(await asked('member', own)).toEqual([own]);
    expect(await asked('member', below)).toEqual([]);
  });

  it.each(lists)('of %s no subtree without its top, and none where the list has none', async (path) => {
    for (const secret of ['team-admin', 'team-manager']) {
      const answer = await call(secret, 'GET', withQuery(path, 'subtree=true'));
      const detail = withSubtree.test(path)
        ? 'subtree: needs accountId: the account at the top'
        : 'subtree: is not a field that is known here';
      expect(answer.json()).toMatchObject({ status: 400, code: 'invalid_request', field: 'subtree', detail });
    }
    const answer = await call('team-admin', 'GET', withQuery(path, 'subtree=1'));
    expect(answer.json()).toMatchObject({ status: 400, field: 'subtree' });
    expect(world.edge.client.received).toEqual([]);
  });

  it('accounts below one that is seen are all seen; of one above, the own alone', async () => {
    const { own, below, above, foreign } = world.accountIds;
    const asked = (secret: string, parentId: string) =>
      visibleIn(secret, `/accounts?parentId=${parentId}`, accounts.list);
    expect(await asked('team-manager', own)).toEqual([below]);
    expect(await asked('team-viewer', own.toUpperCase())).toEqual([below]);
    expect(await asked('team-member', own)).toEqual([]);
    for (const each of ['team-manager', 'team-member']) {
      expect(await asked(each, above)).toEqual([own]);
      expect(await asked(each, foreign)).toEqual([]);
    }
  });

  it.each(lists)('nobody sets visibleTo of %s over HTTP', async (path) => {
    for (const secret of ['team-admin', 'team-manager', 'team-viewer']) {
      for (const query of [`visibleTo=${uuidv7()}`, 'visibleTo=', 'visibleTo[]=x']) {
        const answer = await call(secret, 'GET', withQuery(path, query));
        expect(answer.json()).toMatchObject({ status: 400, field: expect.stringMatching(/^visibleTo/) });
      }
    }
    expect(world.edge.client.received).toEqual([]);
  });
});

/** Statuses of admin, manager, member and viewer; 503 is what the services, which nobody plays here, would decide. */
const shared: readonly (readonly [Method, string, readonly [number, number, number, number]])[] = [
  ['GET', '/providers', [503, 503, 403, 503]],
  ['GET', '/providers/ID', [503, 503, 403, 503]],
  ['POST', '/providers', [400, 403, 403, 403]],
  ['PATCH', '/providers/ID', [400, 403, 403, 403]],
  ['DELETE', '/providers/ID', [503, 403, 403, 403]],
  ['GET', '/models', [503, 503, 503, 503]],
  ['GET', '/models/ID', [503, 503, 503, 503]],
  ['POST', '/models', [400, 403, 403, 403]],
  ['PATCH', '/models/ID', [400, 403, 403, 403]],
  ['DELETE', '/models/ID', [503, 403, 403, 403]],
  ['GET', '/routes', [503, 503, 503, 503]],
  ['GET', '/routes/ID', [503, 503, 503, 503]],
  ['POST', '/routes', [400, 403, 403, 403]],
  ['PATCH', '/routes/ID', [400, 403, 403, 403]],
  ['DELETE', '/routes/ID', [503, 403, 403, 403]],
  ['GET', '/sources', [503, 503, 403, 503]],
  ['GET', '/sources/ID', [503, 503, 403, 503]],
  ['POST', '/sources', [400, 403, 403, 403]],
  ['PATCH', '/sources/ID', [400, 403, 403, 403]],
  ['DELETE', '/sources/ID', [503, 403, 403, 403]],
  ['POST', '/sources/ID/sync', [503, 403, 403, 403]],
  ['GET', '/metrics', [503, 503, 503, 503]],
  ['GET', '/metrics/search?q=x', [503, 503, 503, 503]],
  ['GET', '/metrics/ID', [503, 503, 503, 503]],
  ['POST', '/metrics', [400, 403, 403, 403]],
  ['PATCH', '/metrics/ID', [400, 403, 403, 403]],
  ['DELETE', '/metrics/ID', [503, 403, 403, 403]],
  ['GET', '/metrics/stats', [503, 503, 503, 503]],
  ['GET', '/metrics/ID/policy', [503, 503, 503, 503]],
  ['GET', '/metrics/export', [503, 503, 503, 503]],
  ['POST', '/metrics/import', [400, 403, 403, 403]],
  ['GET', '/domains', [503, 503, 503, 503]],
  ['GET', '/domains/ID', [503, 503, 503, 503]],
  ['POST', '/domains', [400, 403, 403, 403]],
  ['PATCH', '/domains/ID', [400, 403, 403, 403]],
  ['DELETE', '/domains/ID', [503, 403, 403, 403]],
  ['GET', '/objectives', [503, 503, 503, 503]],
  ['GET', '/objectives/ID', [503, 503, 503, 503]],
  ['POST', '/objectives', [400, 403, 403, 403]],
  ['PATCH', '/objectives/ID', [400, 403, 403, 403]],
  ['DELETE', '/objectives/ID', [503, 403, 403, 403]],
  ['GET', '/work-efforts', [503, 503, 503, 503]],
  ['GET', '/work-efforts/stats', [503, 503, 503, 503]],
  ['GET', '/work-efforts/ID', [503, 503, 503, 503]],
  ['GET', '/tickets', [503, 503, 503, 503]],
  ['GET', '/tickets/ID', [503, 503, 503, 503]],
  ['GET', '/tags', [503, 503, 503, 503]],
  ['POST', '/leases/ID/release', [400, 403, 403, 403]],
  ['GET', '/cache/stats', [200, 200, 403, 200]],
  ['GET', '/pools/stats', [200, 200, 403, 200]],
  ['GET', '/rate-limits/stats', [200, 200, 403, 200]],
  ['POST', '/rate-limits/reset', [400, 403, 403, 403]],
  ['GET', '/dependencies/stats', [200, 200, 403, 200]],
  ['POST', '/cache/invalidate', [400, 403, 403, 403]],
];

describe('what all share', () => {
  it.each(shared)('%s %s is %j for admin, manager, member, viewer', async (method, url, expected) => {
    const path = url.replace('ID', uuidv7());
    // A body that is no JSON: it is looked at once the role may do this at all, and not before.
    const body = method === 'POST' || method === 'PATCH' ? '{' : undefined;
    const statuses: number[] = [];
    for (const each of roles) {
      const sent = url.endsWith('/sync') ? undefined : body;
      statuses.push(await statusOf(`team-${each}`, method, path, sent));
    }
    expect(statuses).toEqual(expected);
  });
});

describe('the tables above', () => {
  /** A signature counts instead of a key, as its own spec says. */
  const keyless = ['POST /webhooks/github'];

  it('leave out no route of the control plane', () => {
    const expected = new Set([
      ...owned.map(([method, resource]) => `${method} /${resource}${method === 'POST' ? '' : '/ID'}`),
      ...lists.map(([path]) => `GET /${path.split('?')[0]}`),
      ...shared.map(([method, path]) => `${method} ${path.split('?')[0]}`),
      ...keyless,
    ]);
    const routes = routesOf(world.edge.app.getHttpAdapter().getInstance() as unknown as FastifyInstance)
      .filter(({ url }) => url.startsWith('/api/'))
      .flatMap(({ methods, url }) => methods.map((method) => `${method} ${url.replace('/api/v1', '')}`))
      .filter((route) => !route.startsWith('HEAD '))
      .map((route) => route.replace(/:\w+/, 'ID'));
    expect(routes.length).toBeGreaterThan(50);
    expect(routes.filter((route) => !expected.has(route))).toEqual([]);
  });
});
