import { connect } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Controller, Get, HttpException, Logger, Post, Req, Res } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { catalogue, DomainError, type ErrorCode, type ErrorKind } from '@purser/errors';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { startTestEdge, type TestEdge } from '../testing/start-test-edge.ts';
import { httpStatus } from './http-status.ts';

let thrown: unknown;

@Controller()
class FailingController {
  @Get(['v1/fail', 'elsewhere/fail'])
  fail() {
    throw thrown;
  }

  @Post('v1/read')
  read(@Req() request: FastifyRequest) {
    return { bytes: (request.body as Buffer).length };
  }

  @Get('v1/begun')
  begun(@Res() reply: FastifyReply) {
    reply.hijack();
    reply.raw.writeHead(200, { 'content-length': '1000' });
    reply.raw.write('begun');
    throw thrown;
  }
}

let edge: TestEdge;
let url: string;
const headers = { 'x-api-key': 'member' };

beforeAll(async () => {
  edge = await startTestEdge({
    controllers: [FailingController],
    env: { MAX_BODY_BYTES: '1000', REQUEST_TIMEOUT_MS: '1000' },
  });
  await edge.app.listen(0, '127.0.0.1');
  url = `http://127.0.0.1:${(edge.app.getHttpServer().address() as AddressInfo).port}`;
});
afterAll(() => edge.app.close());
afterEach(() => {
  jest.restoreAllMocks();
});

const failWith = (error: unknown, path = '/elsewhere/fail') => {
  thrown = error;
  return edge.app.inject({ url: path, headers });
};

/** What the server answers to these bytes. */
async function raw(bytes: string): Promise<string> {
  const socket = connect((edge.app.getHttpServer().address() as AddressInfo).port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(bytes);
  return text(socket);
}

describe('a domain error', () => {
  it.each(Object.keys(catalogue) as ErrorCode[])('%s has a status and both shapes', async (code) => {
    const error = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const answer = await failWith(new DomainError(code, 'What happened.', { field: 'a.b' }));
    const status = httpStatus[catalogue[code].kind];
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(answer.json()).toMatchObject({
      status,
      code,
      type: `urn:purser:error:${code}`,
      title: catalogue[code].meaning,
    });

    const dataPlane = await failWith(thrown, '/v1/fail?x=1');
    expect(dataPlane.statusCode).toBe(status);
    expect(dataPlane.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(Object.keys(dataPlane.json().error)).toEqual(['message', 'type', 'param', 'code']);
    expect(dataPlane.json().error).toMatchObject({ code, param: 'a.b' });
    expect(error).toHaveBeenCalledTimes(status === 500 ? 2 : 0);
  });

  it('of an unknown code from another version keeps its kind and text', async () => {
    const wire = { kind: 'conflict', code: 'new_code', message: 'Later.', retryable: false, details: {} } as const;
    expect((await failWith(DomainError.fromWire(wire))).json()).toMatchObject({
      status: 409,
      code: 'new_code',
      detail: 'Later.',
    });
  });

  it('of a kind that is not known here is a fault, and still an answer', async () => {
    jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const wire = { kind: 'newer' as ErrorKind, code: 'new', message: 'Later.', retryable: false, details: {} };
    expect((await failWith(DomainError.fromWire(wire))).statusCode).toBe(500);
  });

  it('keeps its details, which never replace the members of the problem', async () => {
    const error = new DomainError('conflict', 'It has children.', { children: 3, status: 200, detail: 'x' });
    expect((await failWith(error)).json()).toMatchObject({ children: 3, status: 409, detail: 'It has children.' });
  });

  it('of an exhausted budget says which and how much is left', async () => {
    const details = { budget_id: 'b', remaining_usd: '0.01', resets_at: null, internal: 1 };
    const answer = await failWith(new DomainError('budget_exceeded', 'Too much.', details), '/v1/fail');
    expect(answer.statusCode).toBe(402);
    expect(answer.json()).toEqual({
      error: {
        message: 'Too much.',
        type: 'insufficient_quota',
        param: null,
        code: 'budget_exceeded',
        budget_id: 'b',
        remaining_usd: '0.01',
        resets_at: null,
      },
    });
  });

  it.each([
    [{ retryAfterMs: 2_500 }, '3'],
    [{ retryAfterMs: 0 }, '1'],
    [{}, '1'],
  ])('that passes by says when to try again: %j', async (details, seconds) => {
    expect((await failWith(new DomainError('rate_limit_exceeded', 'Slow down.', details))).headers['retry-after']).toBe(
      seconds,
    );
    expect((await failWith(new DomainError('unavailable', 'Gone.', details))).headers['retry-after']).toBe(seconds);
  });
});

describe('an unexpected error', () => {
  it.each(['/v1/fail', '/elsewhere/fail'])(
    'says nothing but the request id on %s, and is logged once with its stack',
    async (path) => {
      const error = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
      const fault = new TypeError('password=hunter2');
      const answer = await failWith(fault, path);
      expect(answer.statusCode).toBe(500);
      expect(answer.body).not.toContain('hunter2');
      expect(answer.body).toContain(String(answer.headers['x-request-id']));
      expect(error.mock.calls).toEqual([
        [expect.stringContaining(String(answer.headers['x-request-id'])), fault.stack],
      ]);
    },
  );

  it.each([undefined, null, 'text', { statusCode: 404 }, new HttpException('x', 502)])('may be %p', async (value) => {
    jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    expect((await failWith(value)).json()).toMatchObject({ status: 500, code: 'internal' });
  });

  it('cuts the connection of an answer that has begun', async () => {
    jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    thrown = new Error('half way');
    const answer = await fetch(`${url}/v1/begun`, { headers });
    expect(answer.status).toBe(200);
    await expect(answer.text()).rejects.toThrow();
  });
});

describe('a request that no route takes', () => {
  it.each([
    ['/api/v1/nothing', 'application/problem+json'],
    ['/api', 'application/problem+json'],
    ['/nothing', 'application/problem+json'],
    ['/v1/nothing', 'application/json'],
  ])('%s is 404', async (path, type) => {
    const answer = await edge.app.inject({ url: `${path}?token=secret`, headers });
    expect(answer.statusCode).toBe(404);
    expect(answer.headers['content-type']).toContain(type);
    expect(answer.body).toContain('not_found');
    expect(answer.body).not.toContain('secret');
  });

  it('is 405 where another method would do, and says which', async () => {
    const answer = await edge.app.inject({ method: 'PUT', url: '/api/v1/accounts/123', headers });
    expect(answer.statusCode).toBe(405);
    expect(String(answer.headers.allow).split(', ').sort()).toEqual(['DELETE', 'GET', 'HEAD', 'PATCH']);
    expect(answer.json()).toMatchObject({ code: 'method_not_allowed' });
    const dataPlane = await edge.app.inject({ method: 'GET', url: '/v1/read', headers });
    expect(dataPlane.statusCode).toBe(405);
    expect(dataPlane.headers.allow).toBe('POST');
  });

  it('is 400 where its path cannot be decoded', async () => {
    const answer = await raw('GET /v1/%zz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1.1 400 /);
    expect(answer).toMatch(/x-request-id: /);
    expect(answer).toContain('"param":"url"');
  });

  it('is 404 where a parameter is longer than any id', async () => {
    const answer = await edge.app.inject({ url: `/api/v1/accounts/${'x'.repeat(1_000)}`, headers });
    expect(answer.statusCode).toBe(404);
  });
});

describe('a request that cannot be read', () => {
  const post = (payload: string, more = {}) =>
    edge.app.inject({
      method: 'POST',
      url: '/v1/read',
      headers: { ...headers, 'content-type': 'text/x', ...more },
      payload,
    });

  it('is 413 above MAX_BODY_BYTES, announced or not', async () => {
    expect((await post('x'.repeat(1_000))).json()).toEqual({ bytes: 1_000 });
    const message = expect.stringContaining('at most 1000 bytes');
    const error = { code: 'body_too_large', param: 'body', message };
    expect((await post('x'.repeat(1_001))).json()).toMatchObject({ error });
    const chunked = await fetch(`${url}/v1/read`, {
      method: 'POST',
      headers,
      body: new ReadableStream({
        pull(controller) {
          controller.enqueue(new Uint8Array(600));
        },
      }),
      duplex: 'half',
    } as RequestInit);
    expect(chunked.status).toBe(413);
    expect(await chunked.json()).toMatchObject({ error });
  });

  it('is 413 also for a client that looks at the answer only when it has sent everything', async () => {
    const length = 5_000_000;
    const head = `POST /v1/read HTTP/1.1\r\nhost: x\r\nx-api-key: member\r\ncontent-type: text/x\r\ncontent-length: ${length}\r\n\r\n`;
    for (let attempt = 0; attempt < 5; attempt++) {
      expect(await raw(head + 'x'.repeat(length))).toMatch(/^HTTP\/1.1 413 /);
    }
  });

  it('is 415 with a malformed content type', async () => {
    expect((await post('x', { 'content-type': 'nonsense' })).statusCode).toBe(415);
  });

  it('is 400 where it is no HTTP', async () => {
    const answer = await raw('NONSENSE\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1.1 400 Bad Request\r\ncontent-type: application\/problem\+json/);
    expect(answer).toMatch(/x-request-id: \S{36}/);
    expect(answer).toContain('"code":"invalid_request"');
  });

  it('is 431 with endless headers', async () => {
    expect(await raw(`GET / HTTP/1.1\r\nhost: x\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`)).toMatch(/^HTTP\/1.1 431 /);
  });
});

describe('x-request-id', () => {
  it.each(['abc', 'A-z_0.9', 'x'.repeat(128)])('keeps %s', async (id) => {
    const answer = await edge.app.inject({ url: '/nothing', headers: { 'x-request-id': id } });
    expect(answer.headers['x-request-id']).toBe(id);
    expect(answer.json()).toMatchObject({ requestId: id });
  });

  it.each(['', 'a b', 'x'.repeat(129), 'a\u00e4', '<script>'])('replaces %j', async (id) => {
    const answer = await edge.app.inject({ url: '/openapi.json', headers: { 'x-request-id': id } });
    expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });
});
