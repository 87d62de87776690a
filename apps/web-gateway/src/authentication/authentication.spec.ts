import { Controller, Get, Post, Req } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { accounts } from '@purser/contracts';
import { unlimited } from '../limits/request-limits.ts';
import type { FastifyRequest } from 'fastify';
import { startTestEdge, type TestEdge } from '../testing/start-test-edge.ts';

@Controller()
class ProbeController {
  @Get('v1/probe')
  who(@Req() request: FastifyRequest) {
    return request.caller;
  }

  @Post('v1/probe')
  size(@Req() request: FastifyRequest) {
    return { bytes: (request.body as Buffer).length };
  }

  @Get('health/probe')
  open() {
    return { open: true };
  }
}

describe('authentication', () => {
  let edge: TestEdge;
  beforeAll(async () => {
    edge = await startTestEdge({ controllers: [ProbeController] });
    edge.client.answer(accounts.list, () => ({
      data: [],
      pagination: { page: 1, limit: 50, total: 0, pages: 0, hasNext: false, hasPrev: false },
    }));
  });
  afterAll(() => edge.app.close());

  const get = (url: string, headers: Record<string, string> = {}) => edge.app.inject({ method: 'GET', url, headers });

  it.each([
    ['authorization', { authorization: 'Bearer member' }],
    ['authorization in any case', { authorization: 'bearer  member' }],
    ['x-api-key', { 'x-api-key': 'member' }],
    ['both with one key', { authorization: 'Bearer member', 'x-api-key': 'member' }],
    ['x-api-key beside another scheme', { authorization: 'Basic abc', 'x-api-key': 'member' }],
  ])('takes the key from %s', async (_, headers) => {
    const answer = await get('/v1/probe', headers);
    expect(answer.json()).toEqual({
      ...{ keyId: edge.keyIds.member, accountId: edge.accountId, role: 'member', expiresAt: null },
      ...{ keyLimits: null, limits: unlimited },
    });
  });

  it.each([
    ['no key', {}, /An API key is needed/],
    ['an unknown key', { authorization: 'Bearer nobody' }, /unknown, disabled or expired/],
    ['another scheme', { authorization: 'Basic member' }, /An API key is needed/],
    ['an empty key', { authorization: 'Bearer ' }, /An API key is needed/],
    ['an endless key', { 'x-api-key': 'k'.repeat(5_000) }, /An API key is needed/],
    ['two keys', { authorization: 'Bearer member', 'x-api-key': 'admin' }, /carry different keys/],
  ])('refuses %s in the shape of the plane', async (_, headers, message) => {
    const dataPlane = await get('/v1/probe', headers);
    expect(dataPlane.statusCode).toBe(401);
    expect(dataPlane.headers['www-authenticate']).toMatch(/^Bearer/);
    expect(dataPlane.json()).toEqual({
      error: {
        message: expect.stringMatching(message),
        type: 'invalid_request_error',
        param: null,
        code: 'invalid_api_key',
      },
    });
    const controlPlane = await get('/api/v1/accounts', headers);
    expect(controlPlane.statusCode).toBe(401);
    expect(controlPlane.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(controlPlane.json()).toMatchObject({ status: 401, code: 'invalid_api_key' });
  });

  it('lets admins, managers and members call models, and no viewer', async () => {
    for (const role of ['admin', 'manager', 'member']) {
      expect((await get('/v1/probe', { 'x-api-key': role })).statusCode).toBe(200);
    }
    const answer = await get('/v1/probe', { 'x-api-key': 'viewer' });
    expect(answer.statusCode).toBe(403);
    expect(answer.json()).toMatchObject({ error: { code: 'forbidden' } });
  });

  it('asks for no key on public paths only, however a path is written', async () => {
    expect((await get('/health/probe')).statusCode).toBe(200);
    expect((await get('/openapi.json?x=1')).statusCode).toBe(200);
    for (const url of ['/v1/probe', '/%761/probe', '/v1/%70robe', '/v1/probe?/health/', '/%61pi/v1/accounts']) {
      expect({ url, status: (await get(url)).statusCode }).toEqual({ url, status: 401 });
    }
    expect((await get('/%761/probe', { 'x-api-key': 'viewer' })).statusCode).toBe(403);
    expect((await get('/%61pi/v1/providers', { 'x-api-key': 'member' })).statusCode).toBe(403);
  });

  it('refuses before it reads the body', async () => {
    const answer = await edge.app.inject({ method: 'POST', url: '/v1/probe', payload: 'x'.repeat(11_000_000) });
    expect(answer.statusCode).toBe(401);
  });

  it('hands handlers the bytes as they came', async () => {
    const answer = await edge.app.inject({
      method: 'POST',
      url: '/v1/probe',
      headers: { 'x-api-key': 'member', 'content-type': 'application/json' },
      payload: '{"a": 1.0 ',
    });
    expect(answer.json()).toEqual({ bytes: 10 });
  });
});

describe('before the configuration was read', () => {
  it('is not available, rather than refusing keys', async () => {
    const edge = await startTestEdge({ controllers: [ProbeController], loaded: false });
    try {
      const answer = await edge.app.inject({ url: '/v1/probe', headers: { 'x-api-key': 'member' } });
      expect(answer.statusCode).toBe(503);
      expect(answer.headers['retry-after']).toBe('1');
      expect(answer.json()).toMatchObject({ error: { code: 'unavailable' } });
      expect((await edge.app.inject({ url: '/health/probe' })).statusCode).toBe(200);
    } finally {
      await edge.app.close();
    }
  });
});
