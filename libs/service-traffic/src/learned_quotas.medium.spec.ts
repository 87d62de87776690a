import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HttpPool, QuotaSpentError } from '@purser/pooling/http';
import { UpstreamQuotas } from '@purser/rate-limiting/core';

const HOUR_MS = 3_600_000;
const FOR_AN_HOUR: RequestListener = (_request, response) => response.writeHead(429, { 'retry-after': '3600' }).end();

let now: number;
let server: Server;
let origin: string;
let answers: RequestListener;
let asked: string[];
const pools: HttpPool[] = [];

beforeEach(async () => {
  now = Date.now();
  jest.spyOn(Date, 'now').mockImplementation(() => now);
  asked = [];
  server = createServer((request, response) => {
    asked.push(request.url!);
    answers(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  jest.restoreAllMocks();
  for (const pool of pools.splice(0)) await pool.drain(0);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function poolOf(max = 10): HttpPool {
  const pool = new HttpPool(origin, { max, quota: new UpstreamQuotas() });
  pools.push(pool);
  return pool;
}

const spent = (retryAfterMs: number) => ({
  ...{ name: 'QuotaSpentError', code: 'quota_spent', subject: 'token-1' },
  ...{ retryAfterMs, retryable: true },
});

describe('a pool that has the quotas of the limiter', () => {
  it.each<[string, RequestListener]>([
    [
      'says that nothing remains until a reset',
      (_request, response) => {
        const limits = { 'x-ratelimit-limit': 60, 'x-ratelimit-remaining': 0, 'x-ratelimit-reset': 3_600 };
        response.writeHead(200, limits).end('the last');
      },
    ],
    ['refuses, and says when to come again', FOR_AN_HOUR],
    [
      'says so and breaks off',
      (_request, response) => {
        response.writeHead(429, { 'retry-after': '3600', 'content-length': 9 });
        response.write('half', () => response.destroy());
      },
    ],
  ])('does not ask a server that %s, tells callers for how long, and asks it then', async (_what, limits) => {
    const pool = poolOf();
    answers = limits;
    await pool.request({ path: '/first', subject: 'token-1' }).catch(() => undefined);
    answers = (_request, response) => response.end();
    await expect(pool.request({ path: '/2', subject: 'token-1' })).rejects.toMatchObject(spent(HOUR_MS));
    now += HOUR_MS - 1;
    await expect(pool.request({ path: '/3', subject: 'token-1' })).rejects.toMatchObject(spent(1));
    await pool.request({ path: '/other', subject: 'token-2' });
    now += 1;
    await pool.request({ path: '/then', subject: 'token-1' });
    expect(asked).toEqual(['/first', '/other', '/then']);
  });

  it('does not send what waited for a connection while the quota was spent, and keeps the connection', async () => {
    const pool = poolOf(1);
    answers = FOR_AN_HOUR;
    const [first, second] = ['/first', '/second'].map((path) => pool.request({ path, subject: 'token-1' }));
    const refused = expect(second).rejects.toBeInstanceOf(QuotaSpentError);
    await expect(first).resolves.toMatchObject({ status: 429 });
    await refused;
    await pool.request({ path: '/other', subject: 'token-2' });
    expect(asked).toEqual(['/first', '/other']);
  });

  it('is made as the READMEs show', async () => {
    answers = FOR_AN_HOUR;
    const quotas = new UpstreamQuotas();
    const pool = new HttpPool(origin, { quota: quotas });
    const answer = await pool.request({ path: '/user', subject: 'token-1' });
    pools.push(pool);
    expect(answer.status).toBe(429);
    await expect(pool.request({ path: '/user', subject: 'token-1' })).rejects.toMatchObject(spent(HOUR_MS));

    const own = readFileSync(new URL(import.meta.url), 'utf8').replaceAll(/^ +/gm, '');
    const [shown = ''] = /^const quotas = [^]*?^const answer = .*?\n/m.exec(own) ?? [];
    expect(shown.split('\n')).toHaveLength(4);
    for (const library of ['pooling', 'rate-limiting']) {
      expect(readFileSync(new URL(`../../${library}/README.md`, import.meta.url), 'utf8')).toContain(shown);
    }
  });
});
