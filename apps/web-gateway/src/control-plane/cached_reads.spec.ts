import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Caches } from '@purser/caching';
import {
  accounts,
  apiKeys,
  budgets,
  cacheNamespaces,
  cacheTags,
  getMetricPolicy,
  listLeases,
  listLedger,
  listTags,
  listTickets,
  listUsage,
  listWorkEfforts,
  models,
  pageDomains,
  pageMetrics,
  pageObjectives,
  providers,
  readConfiguration,
  routes,
  searchMetrics,
  sources,
} from '@purser/contracts';
import { notFound } from '@purser/errors';
import { waitUntil } from '@purser/testing';
import { v7 as uuidv7 } from 'uuid';
import { aKey, anAccount, entries } from '../testing/configuration-entries.ts';
import { callAs, startTestEdge, type TestEdge } from '../testing/start-test-edge.ts';

const pagination = { page: 1, limit: 50, total: 0, pages: 0, hasNext: false, hasPrev: false };
const page = { data: [], pagination };
const log = { data: [], pagination: { limit: 50, nextCursor: null } };
const textPage = { rows: '', count: 0, total: 0, revision: '1' };

const top = anAccount();
const below = anAccount({ parentId: top.id });
const keys = {
  first: aKey(top.id, 'first', { role: 'viewer' }),
  second: aKey(top.id, 'second', { role: 'viewer' }),
  manager: aKey(top.id, 'top manager', { role: 'manager' }),
  member: aKey(top.id, 'top member', { role: 'member' }),
  other: aKey(below.id, 'other', { role: 'viewer' }),
};

let edge: TestEdge;
beforeAll(async () => {
  const more = [...entries('account', [top, below]), ...entries('key', Object.values(keys))];
  edge = await startTestEdge({ entries: more, cacheBytes: 10_000_000 });
  const { client } = edge;
  for (const { list } of [accounts, apiKeys, budgets, providers, models, routes, sources])
    client.answer(list, () => page);
  for (const list of [listWorkEfforts, listTickets, listTags]) client.answer(list, () => page);
  for (const list of [listLedger, listUsage, listLeases]) client.answer(list, () => log);
  for (const pages of [pageMetrics, searchMetrics, pageDomains, pageObjectives]) client.answer(pages, () => textPage);
});
afterAll(() => edge?.app.close());
beforeEach(async () => {
  for (const name of Object.values(cacheNamespaces)) await edge.app.get(Caches).invalidate(name, { kind: 'all' });
  edge.client.received.length = 0;
});

const get = (url: string, secret = 'admin', headers: Record<string, string> = {}) =>
  callAs(edge, secret, 'GET', url, undefined, headers);
const invalidate = (namespace: string, tag: string) =>
  edge.app.get(Caches).invalidate(namespace, { kind: 'tags', tags: [tag] });
/** Whether reads with these keys, one after the other, were answered from the cache. */
const hits = async (url: string, ...secrets: string[]) => {
  const marks: unknown[] = [];
  for (const secret of secrets) marks.push((await get(url, secret)).headers['x-cache']);
  return marks;
};

describe('a read of the control plane', () => {
  it.each([
    ...['/accounts', '/keys', '/providers', '/models', '/routes', '/metrics', '/metrics/search?q=a', '/domains'],
    ...['/objectives', '/sources', '/work-efforts', '/tickets', '/tags'],
  ])('%s is one message for all who ask the same', async (url) => {
    const [first, second] = [await get(url), await get(url)];
    expect([first.headers['x-cache'], second.headers['x-cache']]).toEqual(['MISS', 'HIT']);
    expect(second.headers).toMatchObject({
      ...{ age: '0', 'x-cache-hit': 'true', 'x-cache-key': first.headers['x-cache-key'] },
      ...{ etag: first.headers.etag, link: first.headers.link, 'cache-control': 'private, no-cache' },
      ...{ 'content-type': 'application/json; charset=utf-8', 'x-content-type-options': 'nosniff' },
    });
    expect(second.headers['x-request-id']).not.toBe(first.headers['x-request-id']);
    expect(second.rawPayload).toEqual(first.rawPayload);
    expect(edge.client.received).toHaveLength(1);
    const again = await get(url, 'admin', { 'if-none-match': String(first.headers.etag) });
    expect([again.statusCode, again.headers['x-cache']]).toEqual([304, 'HIT']);
  });

  it.each(['/budgets', '/ledger', '/usage', '/leases'])('%s is asked for each time', async (url) => {
    expect(await hits(url, 'admin', 'admin')).toEqual([undefined, undefined]);
    expect(edge.client.received).toHaveLength(2);
  });

  it('is not refreshed because a client says so, nor by parameters in another order', async () => {
    await get('/metrics?limit=5&tier=gold');
    expect((await get('/metrics?tier=gold&limit=5', 'admin', { 'cache-control': 'no-cache' })).headers['x-cache']).toBe(
      'HIT',
    );
    expect((await get('/metrics?tier=gold&limit=6')).headers['x-cache']).toBe('MISS');
  });

  it('comes compressed, with the tag of its coding', async () => {
    edge.client.answer(pageMetrics, () => ({ ...textPage, rows: `"${'cent '.repeat(900)}"`, count: 1, total: 1 }));
    const plain = await get('/metrics');
    for (let round = 0; round < 2; round++) {
      const { headers } = await get('/metrics', 'admin', { 'accept-encoding': 'br' });
      expect(headers).toMatchObject({ 'x-cache': 'HIT', 'content-encoding': 'br' });
      expect(headers.etag).toBe(String(plain.headers.etag).replace(/"$/, '+br"'));
    }
    edge.client.answer(pageMetrics, () => textPage);
  });

  it('has the same tag by HEAD as by GET, kept or not, and HEAD keeps nothing', async () => {
    const head = () => edge.app.inject({ method: 'HEAD', url: '/api/v1/models', headers: { 'x-api-key': 'admin' } });
    const answers = [await head(), await get('/models'), await head()];
    expect(answers.map(({ headers }) => headers['x-cache'])).toEqual(['MISS', 'MISS', 'HIT']);
    expect(new Set(answers.map(({ headers }) => headers.etag)).size).toBe(1);
  });

  it('that failed is asked again', async () => {
    const id = uuidv7();
    edge.client.answer(accounts.get, () => {
      throw notFound('account', id);
    });
    expect((await get(`/accounts/${id}`)).statusCode).toBe(404);
    expect((await get(`/accounts/${id}`)).headers['x-cache']).toBeUndefined();
    expect(edge.client.received).toHaveLength(2);
  });

  it('of a policy is kept for each type that is asked for', async () => {
    edge.client.answer(getMetricPolicy, ({ id }) => ({ metricId: id, package: 'p', policy: 'package p' }));
    const typeOf = async (accept: string) =>
      (await get('/metrics/m/policy', 'admin', { accept })).headers['content-type'];
    for (let round = 0; round < 2; round++) {
      expect(await typeOf('text/plain')).toMatch(/^text\/plain/);
      expect(await typeOf('application/json')).toMatch(/^application\/json/);
    }
    expect(edge.client.received).toHaveLength(2);
  });
});

describe('a write', () => {
  it('of one entity drops its lists on all pages, searches and counts, and nothing else', async () => {
    const concerned = ['/metrics?page=1', '/metrics?page=2', '/metrics/search?q=a', '/domains', '/objectives'];
    for (const url of [...concerned, '/models', '/tags']) await get(url);
    await invalidate(cacheNamespaces.catalogue, cacheTags.catalogue);
    for (const url of concerned) expect([url, ...(await hits(url, 'admin', 'admin'))]).toEqual([url, 'MISS', 'HIT']);
    for (const url of ['/models', '/tags']) expect([url, ...(await hits(url, 'admin'))]).toEqual([url, 'HIT']);
  });

  it('while a list is being read leaves nothing of that list behind, and who asks after it waits for a new one', async () => {
    const [slow, started] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    edge.client.answer(pageMetrics, async () => {
      started.resolve();
      await slow.promise;
      return { ...textPage, rows: '"old"', count: 1, total: 1 };
    });
    const before = get('/metrics');
    await started.promise;
    edge.client.answer(pageMetrics, () => ({ ...textPage, rows: '"new"', count: 1, total: 1 }));
    await invalidate(cacheNamespaces.catalogue, cacheTags.catalogue);
    const after = get('/metrics');
    slow.resolve();
    expect((await before).json()).toMatchObject({ data: ['old'] });
    expect((await after).json()).toMatchObject({ data: ['new'] });
    expect((await get('/metrics')).json()).toMatchObject({ data: ['new'] });
    edge.client.answer(pageMetrics, () => textPage);
  });
});

describe('an answer that is kept', () => {
  it('is given to all whose role may read what belongs to nobody', async () => {
    expect(await hits('/metrics', 'admin', 'manager', 'member', 'first', 'other')).toEqual([
      ...['MISS', 'HIT', 'HIT', 'HIT', 'HIT'],
    ]);
  });

  it('is given to nobody whose role may not read it', async () => {
    await get('/providers');
    const refused = await get('/providers', 'member');
    expect([refused.statusCode, refused.headers['x-cache']]).toEqual([403, undefined]);
    expect((await get('/providers', 'unknown')).statusCode).toBe(401);
  });

  it.each(['/accounts', '/keys'])('of %s is given to those of the same role and account alone', async (url) => {
    const asked = ['admin', 'first', 'second', 'top manager', 'top member', 'other', 'viewer', 'admin'];
    const marks = ['MISS', 'MISS', 'HIT', 'MISS', 'MISS', 'MISS', 'MISS', 'HIT'];
    expect(await hits(url, ...asked)).toEqual(marks);
  });

  it('is none of who was disabled, has another role or another account above it since', async () => {
    const changed = [
      ...entries('key', [
        { ...keys.first, disabled: true },
        { ...keys.second, role: 'manager' },
      ]),
      ...entries('account', [{ ...below, parentId: null }]),
    ];
    const visibleTo = () => edge.client.received.at(-1)?.message['visibleTo'];
    await get('/accounts', 'first');
    expect(visibleTo()).toEqual([top.id, below.id]);
    expect(await hits('/accounts', 'second', 'top manager', 'other')).toEqual(['HIT', 'MISS', 'MISS']);
    edge.client.answer(readConfiguration, () => ({ version: 2, entries: changed, nextCursor: null }));
    edge.store.noteVersion(2);
    await waitUntil(() => edge.store.version === 2, { timeoutMs: 5_000, what: 'the new version is in force' });
    expect((await get('/accounts', 'first')).statusCode).toBe(401);
    expect(await hits('/accounts', 'second')).toEqual(['MISS']);
    expect(visibleTo()).toEqual([top.id]);
    expect(await hits('/accounts', 'top manager', 'other')).toEqual(['HIT', 'MISS']);
  });
});
