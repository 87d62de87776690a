import { afterEach, describe, expect, it } from '@jest/globals';
import { readArguments, type LoadArguments } from './arguments/read-arguments.ts';
import { httpOperations } from './operations/http-operations.ts';
import { htmlOf } from './report/html.ts';
import type { LoadResult } from './report/result.ts';
import { textOf } from './report/text.ts';
import { runLoad } from './run-load.ts';
import { answering, stubServer, type StubServer } from './testing/stub-server.ts';

let server: StubServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

/** Wide enough that a busy machine does not decide. */
const wide = ['--duration', '2s', '--warm-up', '1s', '--rate', '60', '--users', '20', '--max-p95-ms', '20000'];

async function load(url: string, argv: readonly string[], signal = new AbortController().signal): Promise<LoadResult> {
  const plan = readArguments(['steady', ...argv]) as LoadArguments;
  const target = { url, chatKey: 'member', readKey: 'admin', chatModel: 'm', streamModel: 'm' };
  const { operations, close } = httpOperations(target, plan.users);
  try {
    const processes = [{ name: 'stub', pid: process.pid }];
    return await runLoad(plan, { operations, url, processes, signal, say: () => {} });
  } finally {
    await close();
  }
}

describe('a load on a server', () => {
  it('that answers everything passes, and counts the measured time alone', async () => {
    const seen = { member: new Set<string>(), admin: new Set<string>() };
    server = await stubServer((request, response, body) => {
      const key = /^Bearer (member|admin)$/.exec(request.headers.authorization ?? '')![1] as 'member' | 'admin';
      seen[key].add(`${request.method} ${request.url!.split('?')[0]}`);
      answering(request, response, body);
    });
    const result = await load(server.url, wide);
    expect(server.requests()).toBe(180);
    expect(result).toMatchObject({
      ...{ passed: true, errors: {}, stoppedEarly: false },
      requests: { planned: 120, succeeded: 120, failed: 0 },
      throughput: { requestsPerSecond: 60, shareOfAsked: 1 },
    });
    expect(Object.values(result.operations).map(({ latency }) => latency.count)).toEqual([84, 24, 12]);
    expect(result.operations['stream']!.whole.count).toBe(24);
    expect(seen.member).toEqual(new Set(['POST /v1/chat/completions']));
    expect([...seen.admin]).toContain('GET /api/v1/accounts');
    expect(result.memory[0]!.maxMb).toBeGreaterThan(1);
    expect(result.intervals.reduce((sum, { succeeded }) => sum + succeeded, 0)).toBe(120);
  });

  it('that stalls shows it in its percentiles, and misses its threshold', async () => {
    let until = 0;
    server = await stubServer((request, response, body) => {
      // Nothing is answered for a second, once the load has gone on for a while.
      if (server!.requests() === 100) until = performance.now() + 1_000;
      setTimeout(() => answering(request, response, body), Math.max(0, until - performance.now()));
    });
    const result = await load(server.url, [...wide, '--max-p95-ms', '500']);
    expect(result.latency.p95Ms).toBeGreaterThan(500);
    expect(result.latency.p99Ms).toBeGreaterThan(800);
    expect(result.passed).toBe(false);
    expect(result.checks.filter(({ met }) => !met).map(({ what }) => what)).toEqual(['p95, ms']);
  });

  it('that fails in every way has each counted by its kind', async () => {
    server = await stubServer((request, response, body) => {
      if (request.method === 'GET') return void response.end('<html>');
      if (!body.includes('"stream":true')) return void response.writeHead(503).end('{}');
      response.write('data: {}\n\n');
      response.end();
    });
    const result = await load(server.url, wide);
    expect(result.errors).toEqual({ 'status 503': 84, 'cut stream': 24, 'not JSON': 12 });
    expect(result).toMatchObject({ passed: false, errorShare: 1, throughput: { requestsPerSecond: 0 } });
    expect(textOf(result)).toContain('84 × status 503');
  });

  it('that is gone has its connections counted as refused', async () => {
    const { url, close } = await stubServer();
    await close();
    expect((await load(url, wide)).errors).toEqual({ ECONNREFUSED: 120 });
  });

  it('can be ended early, which is no pass', async () => {
    server = await stubServer();
    const stop = new AbortController();
    const running = load(server.url, [...wide, '--duration', '60s'], stop.signal);
    while (server.requests() < 80) await new Promise((resolve) => setTimeout(resolve, 5));
    stop.abort();
    const result = await running;
    expect(result).toMatchObject({ stoppedEarly: true, passed: false });
    expect(textOf(result)).toContain('STOPPED before its time');
  });

  it('is reported on a page that needs nothing from anywhere, with nothing of the server’s as markup', async () => {
    server = await stubServer();
    const result = await load(server.url, wide);
    const html = htmlOf({ ...result, url: 'http://x/<script>alert(1)</script>', errors: { '<b>&"': 3 } });
    expect(html).not.toMatch(/<script|<b>|<link|<img|@import|url\(/);
    expect(html.match(/(?:src|href)=/g)).toBeNull();
    expect(html).toContain('&lt;b&gt;&amp;&quot;');
    expect(html.match(/<svg /g)).toHaveLength(5);
    expect(html).not.toMatch(/NaN|undefined|Infinity/);
    expect(html).toContain('prefers-color-scheme: dark');
  });

  it('is reported also where nothing at all was measured', () => {
    const none = {
      count: 0,
      ...Object.fromEntries(
        ['p50', 'p90', 'p95', 'p99', 'p999', 'max', 'mean'].map((name) => [`${name}Ms`, Number.NaN]),
      ),
    };
    const empty = {
      ...{
        scenario: 'steady',
        url: 'http://x',
        beganAt: '2026-01-01T00:00:00.000Z',
        stoppedEarly: true,
        passed: false,
      },
      ...{ asked: { users: 1, requestsPerSecond: 1, seconds: 1, mix: { chat: 1, stream: 0, read: 0 } } },
      ...{
        requests: { planned: 1, succeeded: 0, failed: 0 },
        errors: {},
        errorShare: 0,
        latency: none,
        operations: {},
      },
      ...{ throughput: { requestsPerSecond: 0, shareOfAsked: 0 }, misses: { server: 0, generator: 0, notStarted: 0 } },
      ...{ intervals: [], histogram: [], memory: [], memorySamples: [], checks: [], bottleneck: 'why' },
      generator: { lagP99Ms: 0, lagMaxMs: 0, processorShare: 0 },
    } as unknown as LoadResult;
    expect(htmlOf(empty)).not.toMatch(/NaN|undefined|Infinity/);
    expect(textOf(empty)).not.toMatch(/NaN|undefined|Infinity/);
  });
});
