import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { pageMetrics } from '@purser/contracts';
import { callAs, startTestEdge, type TestEdge } from '../testing/start-test-edge.ts';

let edge: TestEdge;
beforeAll(async () => {
  edge = await startTestEdge({ cacheBytes: 10_000_000, env: { CORS_ORIGINS: 'https://a.example,https://b.example' } });
  const rows = `"${'cent '.repeat(900)}"`;
  edge.client.answer(pageMetrics, () => ({ rows, count: 1, total: 1, revision: '1' }));
});
afterAll(() => edge?.app.close());

/** Of one request, or one moment. */
const PASSING = ['date', 'x-request-id', 'x-response-time-ms', 'server-timing', 'age'];

async function ask(headers: Record<string, string>) {
  const {
    statusCode,
    headers: answered,
    rawPayload,
  } = await callAs(edge, 'admin', 'GET', '/metrics', undefined, headers);
  const lasting = Object.fromEntries(Object.entries(answered).filter(([name]) => !PASSING.includes(name)));
  return { statusCode, headers: lasting, all: answered, body: rawPayload };
}

describe('a hit that is sent past the framework', () => {
  const asked: Record<string, string>[] = [
    {},
    { 'accept-encoding': 'gzip' },
    { 'accept-encoding': 'br' },
    { 'accept-encoding': 'br', 'x-no-compression': '1' },
    { origin: 'https://a.example' },
    { origin: 'https://b.example', 'accept-encoding': 'gzip' },
    { origin: 'https://c.example' },
  ];
  it.each(asked)('is the answer that the framework gives, for %j', async (headers) => {
    await ask(headers);
    // A condition is the framework's.
    const through = await ask({ ...headers, 'if-none-match': '"another"' });
    for (let round = 0; round < 2; round++) {
      const past = await ask(headers);
      expect(past.headers).toEqual(through.headers);
      expect([past.statusCode, past.body]).toEqual([through.statusCode, through.body]);
      expect(Object.keys(past.all).sort()).toEqual(Object.keys(through.all).sort());
      expect(past.headers['x-cache']).toBe('HIT');
      expect(past.all['server-timing']).toBe(`total;dur=${String(past.all['x-response-time-ms'])}`);
    }
  });

  it('has the id of its own request, and the length of its own body', async () => {
    const [plain, coded] = [await ask({ 'x-request-id': 'mine' }), await ask({ 'accept-encoding': 'gzip' })];
    expect([plain.all['x-request-id'], plain.all['x-cache']]).toEqual(['mine', 'HIT']);
    expect(coded.all['x-request-id']).not.toBe('mine');
    expect([plain, coded].map(({ all }) => Number(all['content-length']))).toEqual([
      plain.body.length,
      coded.body.length,
    ]);
    expect(gunzipSync(coded.body)).toEqual(plain.body);
  });

  it('is none for who has it already, nor for HEAD, which get no body', async () => {
    const { headers } = await ask({});
    const known = await ask({ 'if-none-match': String(headers['etag']) });
    expect([known.statusCode, known.body.length, known.headers['etag']]).toEqual([304, 0, headers['etag']]);
    const head = await edge.app.inject({ method: 'HEAD', url: '/api/v1/metrics', headers: { 'x-api-key': 'admin' } });
    expect([head.statusCode, head.headers['x-cache'], head.rawPayload.length]).toEqual([200, 'HIT', 0]);
  });
});
