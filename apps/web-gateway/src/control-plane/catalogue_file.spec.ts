import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  catalogueRevision,
  exportCatalogue,
  importCatalogue,
  stageCatalogue,
  type RequestContract,
} from '@purser/contracts';
import { DomainError } from '@purser/errors';
import { callAsAdmin, startTestEdge, type Method, type TestEdge } from '../testing/start-test-edge.ts';

let edge: TestEdge;
beforeAll(async () => {
  edge = await startTestEdge();
});
afterAll(() => edge?.app.close());
beforeEach(() => {
  edge.client.received.length = 0;
});

const call = (method: Method, url: string, body?: unknown, headers?: Record<string, string>) =>
  callAsAdmin(edge, method, url, body, headers);
const received = (contract: RequestContract) => edge.client.receivedOf(contract);

describe('/api/v1/metrics/import', () => {
  const zeros = { created: 0, updated: 0, unchanged: 0, removed: 0 };
  const result = { domains: zeros, metrics: zeros, objectives: zeros, changes: [] };
  beforeAll(() => {
    edge.client
      .answer(stageCatalogue, () => ({}))
      .answer(importCatalogue, ({ dryRun, mode }) => ({ ...result, dryRun, mode }));
  });
  const staged = () => received(stageCatalogue).map(({ text }) => text as string);

  it('hands the file on in parts that each fit a message, and then says what to do', async () => {
    const file = { metrics: Array.from({ length: 40 }, (_, n) => ({ metricId: `m${n}`, text: '🪙"'.repeat(5_000) })) };
    const answer = await call('POST', '/metrics/import?dryRun=true&mode=replace', file);
    expect([answer.statusCode, answer.json()]).toEqual([200, { ...result, dryRun: true, mode: 'replace' }]);
    expect(JSON.parse(staged().join(''))).toEqual(file);
    const messages = received(stageCatalogue);
    expect(messages.length).toBeGreaterThan(1);
    for (const message of messages) expect(Buffer.byteLength(JSON.stringify(message))).toBeLessThan(1_000_000);
    const [{ importId }] = messages as [{ importId: string }];
    expect(messages.map(({ part }) => part)).toEqual(messages.map((_, part) => part));
    expect(received(importCatalogue)).toEqual([{ importId, parts: messages.length, dryRun: true, mode: 'replace' }]);
  });

  it('lets others have their turn while a large file is read', async () => {
    const file = { metrics: Array.from({ length: 200 }, (_, n) => ({ metricId: `m${n}`, text: 'x'.repeat(20_000) })) };
    let turns = 0;
    let read = false;
    edge.client.answer(stageCatalogue, () => {
      read = true;
      return {};
    });
    const answer = call('POST', '/metrics/import', file);
    const count = (): void => {
      if (read) return;
      turns += 1;
      setImmediate(count);
    };
    setImmediate(count);
    expect((await answer).statusCode).toBe(200);
    expect(JSON.parse(staged().join(''))).toEqual(file);
    expect(turns).toBeGreaterThan(40);
  });

  it('merges and writes where nothing else is said', async () => {
    await call('POST', '/metrics/import', { metrics: [] });
    expect(received(importCatalogue)).toMatchObject([{ dryRun: false, mode: 'merge' }]);
  });

  it.each([
    ['dryRun', '?dryRun=yes', { metrics: [] }],
    ['mode', '?mode=all', { metrics: [] }],
    ['really', '?really=true', { metrics: [] }],
    ['metrics', '', { metrics: 'x' }],
    ['colours', '', { colours: [] }],
    ['metrics[0].x', '', '{"metrics": [{"x": 1e999}]}'],
    ['metrics[0].x', '', '{"metrics": [{"x": 12345678901234567890}]}'],
    ['metrics[0].x', '', '{"metrics": [{"x": 1, "x": 2}]}'],
    ['metrics[1].__proto__', '', '{"domains": [{}], "metrics": [{"x": 1}, {"__proto__": 1}]}'],
    ['metrics[1]', '', '{"metrics": [{"x": 1}, {"x" 2}]}'],
    ['metrics[1]', '', { metrics: [{}, { x: 'x'.repeat(600_000) }] }],
    ['metrics', '', '{"metrics": [{}], "metrics": [{}]}'],
    ['metrics', '', { metrics: Array.from({ length: 20_001 }, () => 0) }],
    ['domains', '', { domains: Array.from({ length: 50_000 }, () => 0) }],
    ['format', '', { format: 'other/1', metrics: [] }],
    ['body', '', { metrics: { x: 'x'.repeat(70_000) } }],
    ['body', '', `{"metrics": [${'['.repeat(63)}${']'.repeat(63)}]}`],
    ['body', '', ''],
    ['body', '', '{"metrics": ['],
    ['body', '', []],
  ])('refuses a bad %s before anything is sent: %s %j', async (field, query, body) => {
    const answer = await call('POST', `/metrics/import${query}`, body, { 'content-type': 'application/json' });
    expect([answer.statusCode, answer.json().field]).toEqual([400, field]);
    expect(edge.client.received).toEqual([]);
  });

  it('names what the service has found, each with its path', async () => {
    const issues = [
      { field: 'metrics[3].targets.warning', message: 'must be a number' },
      { field: 'metrics[4].name', message: 'is required' },
    ];
    edge.client.answer(importCatalogue, () => {
      throw new DomainError('invalid_request', 'metrics[3].targets.warning: must be a number (and 1 more)', {
        field: issues[0]!.field,
        issues,
      });
    });
    const answer = await call('POST', '/metrics/import', { metrics: [] });
    expect(answer.json()).toMatchObject({ status: 400, field: 'metrics[3].targets.warning', issues });
  });
});

describe('/api/v1/metrics/export', () => {
  const pieces: Record<string, { rows: string; next: string | null }> = {
    'domains ': { rows: '', next: null },
    'metrics ': { rows: '{"metricId":"a"},{"metricId":"b"}', next: 'b' },
    'metrics b': { rows: '{"metricId":"c"}', next: 'c' },
    'metrics c': { rows: '', next: null },
    'objectives ': { rows: '{"id":"o"}', next: null },
  };
  beforeAll(() => {
    edge.client
      .answer(catalogueRevision, () => ({ revision: '12' }))
      .answer(exportCatalogue, ({ section, after = '' }) => ({ revision: '12', ...pieces[`${section} ${after}`]! }));
  });

  it('is a file of all that there is, of one state', async () => {
    const answer = await call('GET', '/metrics/export');
    expect(answer.json()).toEqual({
      format: 'purser-catalogue/1',
      domains: [],
      metrics: [{ metricId: 'a' }, { metricId: 'b' }, { metricId: 'c' }],
      objectives: [{ id: 'o' }],
    });
    expect(answer.headers).toMatchObject({ etag: '"12"', 'content-type': 'application/json; charset=utf-8' });
    expect(new Set(received(exportCatalogue).map(({ revision }) => revision))).toEqual(new Set(['12']));
  });

  it('is not sent to who has it', async () => {
    const answer = await call('GET', '/metrics/export', undefined, { 'if-none-match': '"12"' });
    expect([answer.statusCode, answer.body]).toEqual([304, '']);
    expect((await call('GET', '/metrics/export?mode=merge')).json()).toMatchObject({ status: 400, field: 'mode' });
  });

  it('is not read for who asks for its head only', async () => {
    const headers = { 'x-api-key': 'admin' };
    const answer = await edge.app.inject({ method: 'HEAD', url: '/api/v1/metrics/export', headers });
    expect([answer.statusCode, answer.headers]).toMatchObject([
      200,
      { etag: '"12"', 'content-type': 'application/json; charset=utf-8' },
    ]);
    expect(received(exportCatalogue)).toEqual([]);
  });

  it('fails as a whole where the catalogue is changed before it begins', async () => {
    edge.client.answer(exportCatalogue, () => {
      throw new DomainError('concurrent_change', 'The catalogue was changed while it was exported.');
    });
    const answer = await call('GET', '/metrics/export');
    expect([answer.statusCode, answer.json().code]).toEqual([409, 'concurrent_change']);
    expect(answer.headers['content-type']).toMatch(/problem\+json/);
  });
});
