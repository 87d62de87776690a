import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { callAsAdmin, startTestEdge, type Method, type TestEdge } from '../testing/start-test-edge.ts';

const id = uuidv7();
let edge: TestEdge;
beforeAll(async () => {
  edge = await startTestEdge({ env: { MAX_BODY_BYTES: '50000' } });
});
afterAll(() => edge.app.close());
beforeEach(() => {
  edge.client.received.length = 0;
});

const call = (method: Method, url: string, body?: unknown, headers?: Record<string, string>) =>
  callAsAdmin(edge, method, url, body, headers);

describe('bad input', () => {
  const deep = `{"filter":${'['.repeat(70)}${']'.repeat(70)}}`;
  const newBudget = { accountId: id, limitUsd: '1', window: 'day' };
  const newKey = (limits: string) => `{"accountId": "${id}", "name": "k", "limits": ${limits}}`;
  const newModel = { providerId: id, name: 'm', inputUsdPerMillion: '1', outputUsdPerMillion: '1' };
  const newProvider = { name: 'acme', kind: 'openai', baseUrl: 'https://api.example.com/v1' };

  it.each<[string, string, unknown, string, RegExp]>([
    ['no JSON', '/accounts', '{"name": nope}', 'body', /valid JSON/],
    ['an empty body', '/accounts', ' ', 'body', /must not be empty/],
    ['a list', '/accounts', '[]', 'body', /object/],
    ['null', '/accounts', 'null', 'body', /object/],
    ['bytes that are not UTF-8', '/accounts', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 'body', /UTF-8/],
    ['too deep a body', '/budgets', deep, 'body', /deeper than 64/],
    ['a field twice', '/accounts', '{"name":"a","name":"b"}', 'name', /twice/],
    ['a field twice, deeper down', '/budgets', '{"filter":{"modelId":"a","modelId":"b"}}', 'filter.modelId', /twice/],
    ['__proto__', '/accounts', '{"name":"a","__proto__":{"disabled":true}}', '__proto__', /not allowed/],
    ['constructor.prototype', '/accounts', '{"constructor":{"prototype":{}}}', 'constructor.prototype', /not allowed/],
    ['an unknown field', '/accounts', { name: 'a', colour: 'red' }, 'colour', /not a field that is known/],
    [
      'no request at all',
      '/accounts',
      { name: 'a', limits: { requestsPerMinute: 0 } },
      'limits.requestsPerMinute',
      /1 to/,
    ],
    ['an infinite limit', '/keys', newKey('{"requestsPerMinute": 1e999}'), 'limits.requestsPerMinute', /double/],
    ['negative tokens', '/keys', newKey('{"tokensPerMinute": -1}'), 'limits.tokensPerMinute', /1 to 1 000 000 000/],
    ['too many places', '/keys', newKey('{"concurrency": 10001}'), 'limits.concurrency', /1 to 10 000/],
    ['a limit that there is not', '/keys', newKey('{"perHour": 1}'), 'limits.perHour', /not a field/],
    ['limits of no kind', '/keys', newKey('7'), 'limits', /an object of limits, or null/],
    [
      "places among a provider's limits",
      '/providers',
      { ...newProvider, limits: { concurrency: 5 } },
      'limits.concurrency',
      /not a field/,
    ],
    ['a missing field', '/accounts', {}, 'name', /1 to 200 characters/],
    ['control characters', '/accounts', { name: 'a\u0000b' }, 'name', /control characters/],
    ['an id that is none', '/keys', { accountId: 'abc', name: 'k' }, 'accountId', /an id/],
    ['an unknown role', '/keys', { accountId: id, name: 'k', role: 'root' }, 'role', /admin, manager, member, viewer/],
    ['money as a number', '/budgets', { ...newBudget, limitUsd: 1.5 }, 'limitUsd', /string/],
    ['negative money', '/budgets', { ...newBudget, limitUsd: '-1' }, 'limitUsd', /must not be negative/],
    ['absurd money', '/budgets', { ...newBudget, limitUsd: '99999999999' }, 'limitUsd', /at most 1000000000/],
    ['money below a nano-dollar', '/budgets', { ...newBudget, limitUsd: '0.0000000001' }, 'limitUsd', /9 decimals/],
    ['money in scientific notation', '/budgets', { ...newBudget, limitUsd: '1e3' }, 'limitUsd', /no exponent/],
    ['an unknown window', '/budgets', { ...newBudget, window: 'year' }, 'window', /hour, day, week, month, total/],
    ['an unknown zone', '/budgets', { ...newBudget, timeZone: 'Moon/Base' }, 'timeZone', /IANA/],
    ['a negative price', '/models', { ...newModel, inputUsdPerMillion: '-0.1' }, 'inputUsdPerMillion', /negative/],
    ['absurd tokens', '/models', { ...newModel, maxOutputTokens: 1e12 }, 'maxOutputTokens', /at most/],
    ['a fraction of a token', '/models', { ...newModel, maxOutputTokens: 1.5 }, 'maxOutputTokens', /whole number/],
    [
      'a base URL that is not http',
      '/providers',
      { ...newProvider, baseUrl: 'file:///etc' },
      'baseUrl',
      /http or https/,
    ],
    [
      'a base URL with a password',
      '/providers',
      { ...newProvider, baseUrl: 'http://a:b@c' },
      'baseUrl',
      /without user/,
    ],
    ['no concurrency', '/providers', { ...newProvider, concurrency: 0 }, 'concurrency', /1 to 10 000/],
    ['a slash in a name', '/providers', { ...newProvider, name: 'a/b' }, 'name', /must be 1 to 64/],
    ['no target', '/routes', { name: 'r', strategy: 'priority', targets: [] }, 'targets', /1 to 20/],
    [
      'a bad target',
      '/routes',
      { name: 'r', strategy: 'priority', targets: [{ modelId: 1 }] },
      'targets[0].modelId',
      /an id/,
    ],
    ['a relative path', '/sources', { kind: 'directory', path: 'x' }, 'path', /absolute/],
  ])('%s is refused by name, and nothing is asked', async (_, url, body, field, message) => {
    const answer = await call('POST', url, body);
    expect({ status: answer.statusCode, body: answer.json() }).toMatchObject({
      status: 400,
      body: { code: 'invalid_request', field, detail: expect.stringMatching(message) },
    });
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(edge.client.received).toEqual([]);
  });

  it('all findings are told at once', async () => {
    const answer = await call('POST', '/models', { providerId: 'x', name: '', inputUsdPerMillion: 1 });
    const fields = (answer.json() as { issues: { field: string }[] }).issues.map(({ field }) => field);
    expect(fields).toEqual(['providerId', 'name', 'inputUsdPerMillion', 'outputUsdPerMillion']);
  });

  it.each([
    ['/accounts?colour=red', 'colour', /not a field/],
    ['/accounts?page=0', 'page', /at least 1/],
    ['/accounts?page=x', 'page', /whole number/],
    ['/accounts?limit=101', 'limit', /1 to 100/],
    ['/accounts?limit=1&limit=2', 'limit', /1 to 100/],
    ['/accounts?name=a&name=b', 'name', /string/],
    ['/accounts?sort=secret', 'sort', /one of name, createdAt/],
    ['/accounts?parentId=1', 'parentId', /an id/],
    ['/accounts?__proto__=1', '__proto__', /not a field/],
    ['/ledger?page=1', 'page', /not a field/],
    ['/usage?from=yesterday', 'from', /ISO 8601/],
    ['/reports/usage?groupBy=colour', 'groupBy[0]', /account, provider, model, route, key/],
    ['/reports/usage?groupBy=model&groupBy=route', 'groupBy', /must be a string/],
    ['/reports/usage?interval=week', 'interval', /minute, hour, day/],
    ['/reports/usage?visibleTo=', 'visibleTo', /not a field/],
    ['/reports/top', 'dimension', /is required and must be one of "account", "provider", "model", "route", "key"/],
    ['/reports/top?dimension=colour', 'dimension', /"account", "provider", "model", "route", "key"/],
    ['/reports/top?dimension=key&by=name', 'by', /cost, requests, tokens, errors/],
    ['/reports/top?dimension=key&limit=0', 'limit', /1 to 100/],
    ['/reports/top?dimension=key&limit=1000000', 'limit', /1 to 100/],
    ['/reports/latency?interval=day', 'interval', /not a field/],
    ['/reports/latency?from=0', 'from', /ISO 8601/],
    ['/reports/dashboard?accountId=me', 'accountId', /an id/],
    ['/reports/dashboard?from=2026-01-01T00:00:00Z', 'from', /not a field/],
    ['/reports/export', 'format', /must be one of csv, ndjson/],
    ['/reports/export?format=parquet', 'format', /must be one of csv, ndjson/],
    ['/reports/export?format=csv&format=csv', 'format', /must be one of csv, ndjson/],
    ['/reports/export?format=csv&limit=5', 'limit', /not a field/],
    ['/reports/export?format=csv&cursor=x', 'cursor', /not a field/],
    ['/usage?visibleTo=x', 'visibleTo', /not a field/],
    ['/work-efforts?status=done', 'status', /planned/],
  ])('GET %s is refused by name', async (url, field, message) => {
    const answer = await call('GET', url);
    expect(answer.json()).toMatchObject({ status: 400, field, detail: expect.stringMatching(message) });
    expect(edge.client.received).toEqual([]);
  });

  it.each([
    ['text/plain', 415, 'content-type'],
    ['application/x-www-form-urlencoded', 415, 'content-type'],
    ['application/json; charset=latin1', 400, 'content-type'],
  ])('a body of %s is %i', async (type, status, field) => {
    const answer = await call('POST', '/accounts', '{"name":"a"}', { 'content-type': type });
    expect(answer.json()).toMatchObject({ status, field });
  });

  it('a body that is too large is 413', async () => {
    const answer = await call('POST', '/accounts', { name: 'a'.repeat(60_000) });
    expect(answer.json()).toMatchObject({
      status: 413,
      code: 'body_too_large',
      detail: expect.stringContaining('50000 bytes'),
    });
  });

  it.each(['', 'a b', 'x'.repeat(256), 'ä'])('an Idempotency-Key of %j is refused', async (key) => {
    const answer = await call('POST', '/accounts', { name: 'a' }, { 'idempotency-key': key });
    expect(answer.json()).toMatchObject({ status: 400, field: 'Idempotency-Key' });
  });
});
