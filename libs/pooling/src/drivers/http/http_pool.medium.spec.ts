import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { RequestListener } from 'node:http';
import { describePool } from '../../testing/index.ts';
import { HttpPool, type HttpPoolOptions } from './http-pool.ts';
import type { ConnectionAware, HttpConnection } from './http-connection.ts';
import { KnownAnswers } from './known-answers.ts';
import { loopbackServer, until, type LoopbackServer } from './testing/loopback-server.ts';

const opened: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0)) await close();
});

async function serve(listener: RequestListener): Promise<LoopbackServer> {
  const server = await loopbackServer(listener);
  opened.push(() => server.close());
  return server;
}

function poolOf(origin: string, options?: HttpPoolOptions): HttpPool {
  const pool = new HttpPool(origin, options);
  opened.unshift(() => pool.drain(0));
  return pool;
}

/** Reads nothing, and says how a request ended and on which connection it went out. */
class Listening implements ConnectionAware {
  connection?: HttpConnection;
  began = false;
  readonly ended = Promise.withResolvers<Error | undefined>();
  onRequestStart(): void {
    this.began = true;
  }
  onResponseStart(): void {}
  onResponseData(): void {}
  onResponseEnd(): void {
    this.ended.resolve(undefined);
  }
  onResponseError(_controller: unknown, error: Error): void {
    this.ended.resolve(error);
  }
}

function send(pool: HttpPool, path = '/', headers = {}): Listening {
  const handler = new Listening();
  pool.dispatch({ method: 'GET', path, headers }, handler);
  return handler;
}

const hello: RequestListener = (_request, response) => response.end('hello');

describePool('HTTP', async ({ max, queueMax }) => {
  const server = await serve(hello);
  return poolOf(server.origin, { max, queueMax });
});

describe('dispatch', () => {
  it('keeps connections, tells each handler its own, and has one request on each', async () => {
    const server = await serve(hello);
    const pool = poolOf(server.origin, { max: 2 });
    const first = [send(pool), send(pool), send(pool), send(pool)];
    expect(await Promise.all(first.map(({ ended }) => ended.promise))).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(new Set(first.map(({ connection }) => connection)).size).toBe(2);
    expect(first[0]!.connection!.socket.remotePort).toBe(Number(new URL(server.origin).port));
    await until(() => pool.numbers().idle === 2);
    await send(pool).ended.promise;
    expect(server.connections()).toBe(2);
  });

  it('takes a new connection where the server closes each', async () => {
    const server = await serve((_request, response) => response.setHeader('connection', 'close').end('bye'));
    const pool = poolOf(server.origin, { max: 2 });
    const all = Array.from({ length: 20 }, () => send(pool).ended.promise);
    expect((await Promise.all(all)).filter(Boolean)).toEqual([]);
    await until(() => pool.stats().count.idle + pool.stats().count.used === 0);
    expect(server.connections()).toBeGreaterThanOrEqual(20);
  });

  it('gives the handler the error of the pool, without having begun, where none comes free in time', async () => {
    const server = await serve(() => undefined);
    const pool = poolOf(server.origin, { max: 1, acquireTimeoutMs: 50 });
    const hanging = send(pool);
    const late = send(pool);
    expect(await late.ended.promise).toMatchObject({ code: 'acquire_timeout', pool: server.origin });
    expect([late.began, late.connection]).toEqual([false, undefined]);
    await pool.drain(0);
    expect(await hanging.ended.promise).toBeInstanceOf(Error);
  });

  it('says that no connection can be made, and why', async () => {
    const server = await loopbackServer(hello);
    await server.close();
    const error = await send(poolOf(server.origin)).ended.promise;
    expect(error).toMatchObject({ code: 'create_failed', cause: { code: 'ECONNREFUSED' } });
  });

  it('says that a connection takes too long, which is not that none was free', async () => {
    const never = (() => undefined) as never;
    const pool = poolOf('http://silent.test', {
      connect: { lookup: never },
      createTimeoutMs: 20,
      retryMaxMs: 1,
      retryBaseMs: 1,
    });
    expect(await send(pool).ended.promise).toMatchObject({ code: 'create_failed', cause: { code: 'create_timeout' } });
  });

  it.each([
    ['bad headers', '/', { 'bad header': 'x' }],
    ['a bad path', 'no slash', {}],
  ])('loses no connection by a request with %s', async (_what, path, headers) => {
    const server = await serve(hello);
    const pool = poolOf(server.origin, { max: 1 });
    for (let count = 0; count < 5; count += 1) {
      expect(await send(pool, path, headers).ended.promise).toBeInstanceOf(Error);
    }
    expect(await send(pool).ended.promise).toBeUndefined();
    await until(() => pool.numbers().inUse === 0);
  });

  it('refuses a handler that could not be told of an error', () => {
    expect(() => poolOf('http://a.test').dispatch({ method: 'GET', path: '/' }, {})).toThrow('onResponseError');
  });

  it('notices connections that the server closes while nobody uses them', async () => {
    const server = await serve(hello);
    const pool = poolOf(server.origin, { max: 3, min: 1 });
    await Promise.all([send(pool), send(pool), send(pool)].map(({ ended }) => ended.promise));
    const idle = await pool.acquire();
    server.server.closeAllConnections();
    await until(() => !idle.isOpen);
    pool.release(idle);
    await until(() => pool.numbers().idle === 1);
    expect(await send(pool).ended.promise).toBeUndefined();
  });

  it('loses and leaks nothing where the server cuts connections again and again', async () => {
    let served = 0;
    const server = await serve((request, response) => {
      served += 1;
      if (served % 3 === 0) request.socket.destroy();
      else if (served % 5 === 0) response.setHeader('connection', 'close').end();
      else response.end('hello');
    });
    const pool = poolOf(server.origin, { max: 4, acquireTimeoutMs: 30_000 });
    const ends = await Promise.all(Array.from({ length: 500 }, () => send(pool).ended.promise));
    const codes = new Set(ends.map((error) => (error as { code?: string } | undefined)?.code));
    expect([...codes].filter((code) => !['UND_ERR_SOCKET', 'ECONNRESET', undefined].includes(code))).toEqual([]);
    expect(ends.filter((error) => error === undefined).length).toBeGreaterThan(250);
    await until(() => pool.numbers().inUse === 0);
    expect(pool.numbers()).toMatchObject({ inUse: 0, waiting: 0 });
  });
});

describe('request', () => {
  it('reads the answer, whatever its status', async () => {
    const server = await serve((request, response) => {
      request.pipe(response.writeHead(418, { 'x-method': request.method, 'x-sent': request.headers['x-sent'] }));
    });
    const pool = poolOf(server.origin);
    const answer = await pool.request({ path: '/a?b=c', method: 'PUT', headers: { 'x-sent': 'yes' }, body: 'text' });
    expect(answer).toMatchObject({ status: 418, headers: { 'x-method': 'PUT', 'x-sent': 'yes' } });
    expect(answer.body.toString()).toBe('text');
  });

  it('ends with its signal, before and while it is under way', async () => {
    const server = await serve(() => undefined);
    const pool = poolOf(server.origin, { max: 1 });
    await expect(pool.request({ path: '/', signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before');
    const caller = new AbortController();
    const [sent, waiting] = ['/sent', '/waiting'].map((path) => pool.request({ path, signal: caller.signal }));
    sent!.catch(() => undefined);
    waiting!.catch(() => undefined);
    await until(() => pool.numbers().inUse === 1);
    caller.abort(new Error('gone'));
    await expect(sent).rejects.toThrow('gone');
    await expect(waiting).rejects.toMatchObject({ code: 'acquire_cancelled' });
    await until(() => pool.numbers().inUse === 0);
  });

  it('stops reading an answer that is too large', async () => {
    const server = await serve((_request, response) => response.end('x'.repeat(100_000)));
    const pool = poolOf(server.origin, { max: 1 });
    await expect(pool.request({ path: '/', maxBytes: 99_999 })).rejects.toMatchObject({ code: 'answer_too_large' });
    await expect(pool.request({ path: '/', maxBytes: 100_000 })).resolves.toMatchObject({ status: 200 });
  });

  it('asks conditionally for what is known, and gives it where nothing has changed', async () => {
    let version = 1;
    const asked: (string | undefined)[] = [];
    const server = await serve((request, response) => {
      const etag = `"v${version}"`;
      asked.push(request.headers['if-none-match']);
      response.setHeader('etag', etag).setHeader('x-rest', String(asked.length));
      if (request.headers['if-none-match'] === etag) response.writeHead(304).end();
      else response.end(`body ${version}`);
    });
    const pool = poolOf(server.origin);
    const known = { store: new KnownAnswers({ maxEntries: 2, maxBytes: 12 }), key: 'token /a' };
    const get = async () => {
      const { status, body, headers } = await pool.request({ path: '/a', known });
      return [status, body.toString(), headers['x-rest']];
    };
    expect([await get(), await get()]).toEqual([
      [200, 'body 1', '1'],
      [200, 'body 1', '2'],
    ]);
    version = 2;
    expect([await get(), await get()]).toEqual([
      [200, 'body 2', '3'],
      [200, 'body 2', '4'],
    ]);
    expect(asked).toEqual([undefined, '"v1"', '"v1"', '"v2"']);
  });

  it('gives what is known with the headers of the news, but for those of its empty body', async () => {
    const server = await serve((request, response) => {
      response.setHeader('etag', '"v1"');
      if (request.headers['if-none-match'] === undefined) response.setHeader('content-length', 6).end('body 1');
      else response.writeHead(304, { 'content-length': 0, 'x-news': 'yes' }).end();
    });
    const pool = poolOf(server.origin);
    const known = { store: new KnownAnswers(), key: '/a' };
    await pool.request({ path: '/a', known });
    const answer = await pool.request({ path: '/a', known });
    expect(answer.body.toString()).toBe('body 1');
    expect(answer).toMatchObject({ status: 200, headers: { 'content-length': '6', 'x-news': 'yes' } });
  });

  it.each(['HEAD', 'PUT'] as const)('keeps no answer to a %s as one to a GET', async (method) => {
    const server = await serve((_request, response) => response.setHeader('etag', '"v1"').end());
    const store = new KnownAnswers();
    await poolOf(server.origin).request({ path: '/a', method, known: { store, key: '/a' } });
    expect(store.get('/a')).toBeUndefined();
  });

  it('sends nothing while the quota of its subject is spent, and tells the quota of each answer', async () => {
    let answered = 0;
    const server = await serve((_request, response) => {
      answered += 1;
      response.setHeader('x-ratelimit-remaining', '0').end();
    });
    const observe = jest.fn();
    let spent = false;
    const check = () => (spent ? { waitMs: 5_000 } : undefined);
    const pool = poolOf(server.origin, { quota: { check, observe } });
    await pool.request({ path: '/', subject: 'token' });
    await pool.request({ path: '/' });
    expect(observe.mock.calls).toEqual([
      [
        'token',
        expect.objectContaining({ status: 200, headers: expect.objectContaining({ 'x-ratelimit-remaining': '0' }) }),
      ],
    ]);
    spent = true;
    const refused = pool.request({ path: '/', subject: 'token' });
    await expect(refused).rejects.toMatchObject({ code: 'quota_spent', subject: 'token', retryAfterMs: 5_000 });
    expect(answered).toBe(2);
  });
});

it.each([
  ['origin', 'no origin', {}],
  ['origin', 'http://a.test/path', {}],
  ['origin', 'ftp://a.test', {}],
  ['headersTimeoutMs', 'http://a.test', { headersTimeoutMs: 0.5 }],
  ['bodyTimeoutMs', 'http://a.test', { bodyTimeoutMs: -1 }],
  ['keepAliveTimeoutMs', 'http://a.test', { keepAliveTimeoutMs: Infinity }],
  ['max', 'http://a.test', { max: 0 }],
])('refuses a bad %s', (field, origin, options) => {
  expect(() => new HttpPool(origin, options)).toThrow(expect.objectContaining({ code: 'invalid_option', field }));
});
