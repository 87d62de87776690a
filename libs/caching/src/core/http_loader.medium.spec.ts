import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Cache } from './cache.ts';
import { openCaches, type Caches } from './caches.ts';
import { httpLoader, type HttpLoaderRequest } from './http-loader.ts';

let server: Server;
let url: string;
let caches: Caches;
let cache: Cache;
let answer: (request: IncomingMessage, response: ServerResponse) => void;
/** The headers of the requests that came. */
let asked: IncomingMessage['headers'][];

beforeEach(async () => {
  asked = [];
  server = createServer((request, response) => {
    asked.push(request.headers);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/thing?secret=1`;
  caches = await openCaches();
  cache = caches.namespace('http', {
    ttl: 1,
    staleFor: 60_000,
    softTimeoutMs: Infinity,
    jitter: 0,
    staleOnError: false,
  });
});
afterEach(async () => {
  await caches.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** What the cache gives once the life of what it has is over. */
async function get(request: Partial<HttpLoaderRequest<unknown>> = {}, hardTimeoutMs?: number): Promise<unknown> {
  await sleep(3);
  return cache.getOrCompute('thing', httpLoader({ url, ...request }), { ...(hardTimeoutMs && { hardTimeoutMs }) });
}

/** Answers with `value` and its validators, or with 304 to who has one. */
function serve(value: unknown, validators: Readonly<Record<string, string>>): void {
  answer = ({ headers }, response) => {
    const known =
      (headers['if-none-match'] ?? '') === validators['etag'] ||
      (headers['if-none-match'] === undefined && (headers['if-modified-since'] ?? '') === validators['last-modified']);
    response.writeHead(known ? 304 : 200, validators).end(known ? undefined : JSON.stringify(value));
  };
}

describe('what is asked for again', () => {
  it('is not sent again by a server that says it still holds', async () => {
    serve({ n: 1 }, { etag: '"1"' });
    expect([await get(), await get()]).toEqual([{ n: 1 }, { n: 1 }]);
    serve({ n: 2 }, { etag: '"2"' });
    expect([await get(), await get()]).toEqual([{ n: 2 }, { n: 2 }]);
    expect(asked.map((headers) => headers['if-none-match'])).toEqual([undefined, '"1"', '"1"', '"2"']);
    expect(caches.statistics().namespaces['http']).toMatchObject({ notModified: 2 });
  });

  it('is asked for by its time, unless it may have been written twice in one second', async () => {
    const at = (ms: number) => new Date(Date.now() - ms).toUTCString();
    const settled = at(120_000);
    serve(1, { 'last-modified': settled });
    expect([await get(), await get()]).toEqual([1, 1]);
    expect(asked.at(-1)).toMatchObject({ 'if-modified-since': settled });
    serve(2, { 'last-modified': at(1_000) });
    expect([await get(), await get()]).toEqual([2, 2]);
    expect(asked.at(-1)).not.toHaveProperty('if-modified-since');
  });

  it('is asked for from the start with another credential, or elsewhere', async () => {
    serve('mine', { etag: '"1"' });
    const as = (authorization: string) => ({ headers: { Authorization: authorization } });
    await get(as('Bearer a'));
    await get(as('Bearer b'));
    await get(as('Bearer b'));
    await get({ url: `${url}&more`, ...as('Bearer b') });
    expect(asked.map((headers) => headers['if-none-match'])).toEqual([undefined, undefined, '"1"', undefined]);
  });
});

describe('an answer', () => {
  it.each([404, 410])('with the status %i is no value', async (status) => {
    answer = (_request, response) => response.writeHead(status).end('gone');
    expect(await get()).toBeUndefined();
  });

  it.each([304, 302, 401, 500])(
    'with the status %i to who has nothing is an error without what is secret',
    async (status) => {
      answer = (_request, response) => response.writeHead(status, { location: 'http://127.0.0.1:1/' }).end();
      const error = await get({ headers: { authorization: 'hidden' } }).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ name: 'HttpLoaderError', status });
      expect(String(error)).not.toMatch(/secret|hidden/);
    },
  );

  it('is not read beyond its bound', async () => {
    answer = (_request, response) => {
      const write = (): void => void (response.writable && response.write('x'.repeat(65_536), write));
      write();
    };
    await expect(get({ maxBytes: 100_000 })).rejects.toMatchObject({ code: 'invalid_value', field: 'body' });
  });

  it('that is not JSON is an error, unless it is parsed otherwise', async () => {
    answer = (_request, response) => response.end('plain');
    await expect(get()).rejects.toMatchObject({ code: 'invalid_value', field: 'body' });
    expect(await get({ parse: (body) => body.toString() })).toBe('plain');
  });

  it('that never comes is waited for no longer than the cache waits, and then left', async () => {
    const { promise: left, resolve } = Promise.withResolvers<void>();
    answer = (request) => request.once('close', resolve);
    await expect(get({}, 50)).rejects.toMatchObject({ code: 'load_timeout' });
    await left;
  });
});
