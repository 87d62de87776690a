import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  countMetrics,
  domains,
  getMetricPolicy,
  metrics,
  pageMetrics,
  searchMetrics,
  type RequestContract,
} from '@purser/contracts';
import { DomainError } from '@purser/errors';
import { callAsAdmin, startTestEdge, type Method, type TestEdge } from '../testing/start-test-edge.ts';

const at = '2026-01-31T12:00:00.000Z';
const input = {
  metricId: 'monthly-revenue',
  name: 'Monthly revenue',
  description: 'What customers paid.',
  category: 'finance',
  tier: 'Tier 1',
  businessDomain: 'Sales',
};
const metric = {
  id: 'monthly-revenue',
  ...input,
  ...{ shortName: null, metricType: null, tags: [], owner: null, definition: null, targets: null },
  ...{ status: 'active', version: '1.2', governance: { steward: 'Ada' } },
  ...{ revision: 7, createdAt: at, updatedAt: at },
};

let edge: TestEdge;
beforeAll(async () => {
  edge = await startTestEdge();
  edge.client
    .answer(metrics.create, () => metric)
    .answer(metrics.get, () => metric)
    .answer(metrics.update, () => metric)
    .answer(metrics.remove, () => ({}));
});
afterAll(() => edge.app.close());
beforeEach(() => {
  edge.client.received.length = 0;
});

const call = (method: Method, url: string, body?: unknown, headers?: Record<string, string>) =>
  callAsAdmin(edge, method, url, body, headers);
const received = (contract: RequestContract) => edge.client.receivedOf(contract);

/** Answers as the service does: at most three rows of `total` in a message. */
function threeAtATime(total: number) {
  return ({ page, limit, skip }: { page: number; limit: number; skip: number }) => {
    const first = (page - 1) * limit + skip;
    const count = Math.max(0, Math.min(3, limit - skip, total - first));
    const rows = Array.from({ length: count }, (_, n) => `{"metricId":"m${first + n}"}`);
    return { rows: rows.join(','), count, total, revision: '1' };
  };
}

describe('/api/v1/metrics', () => {
  it('creates a definition with sections of its own; its ETag is the revision, not the version of its author', async () => {
    const body = { ...input, version: '1.2', governance: { steward: 'Ada' } };
    const answer = await call('POST', '/metrics', body, { 'idempotency-key': 'once' });
    expect(answer.statusCode).toBe(201);
    expect(answer.headers).toMatchObject({ location: '/api/v1/metrics/monthly-revenue', etag: '"7"' });
    expect(answer.json()).toEqual(metric);
    expect(received(metrics.create)).toEqual([
      {
        input: {
          ...body,
          ...{ shortName: null, metricType: null, tags: [], owner: null, definition: null, targets: null },
          status: 'active',
        },
        actor: { keyId: edge.keyIds.admin, accountId: edge.accountId },
        idempotencyKey: 'once',
      },
    ]);
  });

  it('reads, changes and removes one by its metricId, under its revision', async () => {
    expect((await call('GET', '/metrics/monthly-revenue', undefined, { 'if-none-match': '"7"' })).statusCode).toBe(304);
    const changes = { governance: null, owner: 'Ada' };
    const changed = await call('PATCH', '/metrics/monthly-revenue', changes, { 'if-match': '"7"' });
    expect([changed.statusCode, changed.headers.etag]).toEqual([200, '"7"']);
    expect((await call('DELETE', '/metrics/monthly-revenue', undefined, { 'if-match': '"7"' })).statusCode).toBe(204);
    expect(received(metrics.update)).toMatchObject([{ id: 'monthly-revenue', changes, ifMatch: 7 }]);
    expect(received(metrics.remove)).toMatchObject([{ id: 'monthly-revenue', ifMatch: 7 }]);
  });

  it('lists: filters and tags go along, the page comes with its headers', async () => {
    edge.client.answer(pageMetrics, threeAtATime(2));
    const answer = await call(
      'GET',
      '/metrics?category=finance&tags=a,b&tagsAny=c&tagsAny=d&limit=12&domain=Sales&q=x',
    );
    expect(answer.statusCode).toBe(200);
    expect(answer.headers).toMatchObject({ 'content-type': 'application/json; charset=utf-8', 'x-total-count': '2' });
    expect(answer.json()).toEqual({
      data: [{ metricId: 'm0' }, { metricId: 'm1' }],
      pagination: { page: 1, limit: 12, total: 2, pages: 1, hasNext: false, hasPrev: false },
    });
    expect(received(pageMetrics)).toEqual([
      {
        ...{ category: 'finance', tags: ['a', 'b'], tagsAny: ['c', 'd'], domain: 'Sales', q: 'x' },
        ...{ page: 1, limit: 12, skip: 0 },
      },
    ]);
  });

  it('puts together what does not fit one message', async () => {
    edge.client.answer(pageMetrics, threeAtATime(20));
    const idsOf = async (query: string) =>
      (await call('GET', `/metrics?${query}`)).json().data.map((row: { metricId: string }) => row.metricId);
    expect(await idsOf('limit=8&page=2')).toEqual(Array.from({ length: 8 }, (_, n) => `m${8 + n}`));
    expect(await idsOf('limit=8&page=3')).toEqual(['m16', 'm17', 'm18', 'm19']);
    expect(await idsOf('limit=3')).toEqual(['m0', 'm1', 'm2']);
    expect(received(pageMetrics).map(({ skip }) => skip)).toEqual([0, 3, 6, 0, 3, 0]);
  });

  it('begins a page again where something is written while it is put together, three times at most', async () => {
    let revision = 1;
    let writes = 2;
    edge.client.answer(pageMetrics, (query) => {
      if (query.revision !== undefined && query.revision !== String(revision)) {
        throw new DomainError('concurrent_change', 'The catalogue was changed while it was read.');
      }
      const answer = { ...threeAtATime(20 - revision)(query), revision: String(revision) };
      if (writes-- > 0) revision += 1;
      return answer;
    });
    const { data, pagination } = (await call('GET', '/metrics?limit=10')).json();
    expect([data.length, pagination.total]).toEqual([10, 17]);
    expect(received(pageMetrics).map(({ skip, revision: asked }) => [skip, asked])).toEqual([
      ...[
        [0, undefined],
        [3, '1'],
        [0, undefined],
        [3, '2'],
      ],
      ...[
        [0, undefined],
        [3, '3'],
        [6, '3'],
        [9, '3'],
      ],
    ]);
    writes = 1_000;
    const refused = await call('GET', '/metrics?limit=10');
    expect([refused.statusCode, refused.json().code]).toEqual([409, 'concurrent_change']);
  });

  it('has an empty page beyond the end', async () => {
    edge.client.answer(pageMetrics, threeAtATime(20));
    const answer = await call('GET', '/metrics?page=1000000&limit=100');
    expect(answer.json()).toMatchObject({
      data: [],
      pagination: { total: 20, pages: 1, hasNext: false, hasPrev: true },
    });
  });

  it('searches', async () => {
    edge.client.answer(searchMetrics, () => ({ rows: '{"rank":0.5}', count: 1, total: 1, revision: '1' }));
    const answer = await call('GET', '/metrics/search?q=net%20rev&tier=1');
    expect(answer.json()).toMatchObject({ data: [{ rank: 0.5 }], pagination: { total: 1 } });
    expect(received(searchMetrics)).toEqual([{ q: 'net rev', tier: '1', page: 1, limit: 50, skip: 0 }]);
    expect((await call('GET', '/metrics/search')).json()).toMatchObject({ status: 400, field: 'q' });
  });

  it.each([
    ['limit', 'limit=0'],
    ['limit', 'limit=1000000'],
    ['page', 'page=0'],
    ['skip', 'skip=1'],
    ['sort', 'sort=colour'],
    ['tags[1]', 'tags=a,'],
    ['category', 'category=a&category=b'],
  ])('refuses a bad %s by name: %s', async (field, query) => {
    const answer = await call('GET', `/metrics?${query}`);
    expect([answer.statusCode, answer.json().field]).toEqual([400, field]);
    expect(received(pageMetrics)).toEqual([]);
  });

  it.each([
    ['metricId', { ...input, metricId: 'a b' }],
    ['metricId', { ...input, metricId: 'search' }],
    ['businessDomain', { ...input, businessDomain: undefined }],
    ['tier', { ...input, tier: 1 }],
    ['definition.expectedDirection', { ...input, definition: { expectedDirection: 'maintain' } }],
    ['targets.warnig', { ...input, targets: { warnig: 1 } }],
    ['targets.warning', { ...input, definition: { expectedDirection: 'lower' }, targets: { target: 2, warning: 1 } }],
    ['revision', { ...input, revision: 2 }],
    ['id', { ...input, id: 'x' }],
    ['9lives', { ...input, '9lives': true }],
    ['governance.name', { ...input, governance: { name: 'a\0b' } }],
    ['tags', { ...input, tags: ['a', 'a'] }],
    ['tags[0]', { ...input, tags: ['a,b'] }],
    ['body', { ...input, long: 'x'.repeat(65_536) }],
  ])('refuses a bad %s by name: %j', async (field, body) => {
    const answer = await call('POST', '/metrics', body);
    expect([answer.statusCode, answer.json().field]).toEqual([400, field]);
    expect(received(metrics.create)).toEqual([]);
  });

  it('refuses to call a definition anew', async () => {
    const answer = await call('PATCH', '/metrics/monthly-revenue', { metricId: 'other' });
    expect([answer.statusCode, answer.json().field]).toEqual([400, 'metricId']);
  });
});

describe('/api/v1/metrics/:id/policy', () => {
  const policy = { metricId: 'x', package: 'purser.metrics.m_x', policy: 'package purser.metrics.m_x\n' };
  beforeAll(() => {
    edge.client.answer(getMetricPolicy, () => policy);
  });
  const ask = (accept?: string, tag?: string) =>
    call('GET', '/metrics/x/policy', undefined, {
      ...(accept === undefined ? {} : { accept }),
      ...(tag === undefined ? {} : { 'if-none-match': tag }),
    });

  it.each([undefined, '*/*', 'application/json', 'text/html', 'text/plain;q=0.5, application/json', 'text/plain;q=x'])(
    'is JSON for %p',
    async (accept) => {
      const answer = await ask(accept);
      expect(answer.json()).toEqual(policy);
      expect(answer.headers).toMatchObject({ vary: expect.stringMatching(/accept/i), etag: expect.any(String) });
    },
  );

  it.each(['text/plain', 'Text/Plain; charset=utf-8', 'text/*, application/json;q=0.2', '*/*;q=0.1, text/plain'])(
    'is the policy alone for %p',
    async (accept) => {
      const answer = await ask(accept);
      expect([answer.body, answer.headers['content-type']]).toEqual([policy.policy, 'text/plain; charset=utf-8']);
    },
  );

  it('is not sent to who has it; each form has a tag of its own', async () => {
    const [json, text] = [(await ask()).headers.etag as string, (await ask('text/plain')).headers.etag as string];
    expect(json).not.toBe(text);
    expect((await ask(undefined, json)).statusCode).toBe(304);
    expect((await ask('text/plain', text)).statusCode).toBe(304);
    expect((await ask('text/plain', json)).statusCode).toBe(200);
  });
});

describe('/api/v1/metrics/stats', () => {
  it('counts, and takes no parameters', async () => {
    const none = {
      categories: [],
      tiers: [],
      businessDomains: [],
      owners: [],
      statuses: [],
      metricTypes: [],
      tags: [],
    };
    const stats = { total: 0, withTargets: 0, withoutTargets: 0, ...none };
    edge.client.answer(countMetrics, () => stats);
    expect((await call('GET', '/metrics/stats')).json()).toEqual(stats);
    expect((await call('GET', '/metrics/stats?by=tier')).json()).toMatchObject({ status: 400, field: 'by' });
  });
});

describe('/api/v1/domains', () => {
  it('has another ETag when metrics come to a domain', async () => {
    let count = 0;
    const domain = {
      id: 'sales',
      name: 'Sales',
      description: '',
      owner: null,
      version: 2,
      createdAt: at,
      updatedAt: at,
    };
    edge.client.answer(domains.get, () => ({ ...domain, metrics: count }));
    const tag = async () => (await call('GET', '/domains/sales')).headers.etag;
    const before = await tag();
    count = 1;
    expect(before).toMatch(/^"2\./);
    expect(await tag()).not.toBe(before);
  });
});
