import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { HttpHits } from '@purser/caching';
import { pageMetrics } from '@purser/contracts';
import { callAs, startTestEdge, type TestEdge } from '../testing/start-test-edge.ts';

let edge: TestEdge;
/** How many hits went past the framework. */
let past = 0;
beforeAll(async () => {
  const { preHandlerWith } = HttpHits.prototype;
  jest.spyOn(HttpHits.prototype, 'preHandlerWith').mockImplementation(function (this: HttpHits, send) {
    return preHandlerWith.call(this, (hit, request, reply) => {
      const sent = send(hit, request as never, reply as never);
      if (sent) past += 1;
      return sent;
    }) as never;
  });
  edge = await startTestEdge({ cacheBytes: 10_000_000, env: { CORS_ORIGINS: 'https://a.example,https://b.example' } });
  // A page of one is small enough to be compressed at once, one of two is compressed in another thread.
  edge.client.answer(pageMetrics, ({ limit }) => ({
    rows: `"${'cent '.repeat(limit === 1 ? 900 : 9_000)}"`,
    ...{ count: 1, total: 1, revision: '1' },
  }));
});
beforeEach(() => void (past = 0));
afterAll(async () => {
  jest.restoreAllMocks();
  await edge?.app.close();
});

/** Of one request, or one moment. */
const PASSING = ['date', 'x-request-id', 'x-response-time-ms', 'server-timing', 'age'];

async function ask(headers: Record<string, string>, limit = 1) {
  const {
    statusCode,
    headers: answered,
    rawPayload,
  } = await callAs(edge, 'admin', 'GET', `/metrics?limit=${limit}`, undefined, headers);
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
  const sizes = asked.flatMap((headers) => [1, 2].map((limit) => [headers, limit] as const));
  it.each(sizes)('is the answer that the framework gives, for %j, size %i', async (headers, limit) => {
    await ask(headers, limit);
    past = 0;
    // A condition is the framework's.
    const through = await ask({ ...headers, 'if-none-match': '"another"' }, limit);
    expect(past).toBe(0);
    for (let round = 1; round <= 2; round++) {
      const sent = await ask(headers, limit);
      expect(past).toBe(round);
      expect(sent.headers).toEqual(through.headers);
      expect([sent.statusCode, sent.body]).toEqual([through.statusCode, through.body]);
      expect(Object.keys(sent.all).sort()).toEqual(Object.keys(through.all).sort());
      expect(sent.headers['x-cache']).toBe('HIT');
      expect(sent.all['server-timing']).toBe(`total;dur=${String(sent.all['x-response-time-ms'])}`);
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
    const head = await edge.app.inject({
      method: 'HEAD',
      url: '/api/v1/metrics?limit=1',
      headers: { 'x-api-key': 'admin' },
    });
    expect([head.statusCode, head.headers['x-cache'], head.rawPayload.length]).toEqual([200, 'HIT', 0]);
  });
});
