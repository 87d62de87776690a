import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { accounts, listLedger } from '@purser/contracts';
import { v7 as uuidv7 } from 'uuid';
import { callAsAdmin, startTestEdge, type TestEdge } from '../testing/start-test-edge.ts';

const id = uuidv7();
const at = '2026-01-31T12:00:00.000Z';
const account = {
  ...{ id, version: 3, createdAt: at, updatedAt: at, name: 'A', kind: 'account', parentId: null },
  ...{ path: Array.from({ length: 60 }, () => id), overBudget: 'refuse', disabled: false },
};
const pagination = { page: 1, limit: 50, total: 1, pages: 1, hasNext: false, hasPrev: false };

describe('a read', () => {
  let edge: TestEdge;
  beforeAll(async () => {
    edge = await startTestEdge();
    edge.client
      .answer(accounts.get, () => account)
      .answer(accounts.update, () => account)
      .answer(accounts.list, () => ({ data: [account], pagination }))
      .answer(listLedger, () => ({ data: [], pagination: { limit: 50, nextCursor: null } }));
  });
  afterAll(() => edge?.app.close());

  const get = (url: string, headers: Record<string, string> = {}) => callAsAdmin(edge, 'GET', url, undefined, headers);

  it.each(['/accounts', `/accounts/${id}`, '/ledger'])('of %s has a tag, and is 304 to who has it', async (url) => {
    const first = await get(url);
    expect(first.headers).toMatchObject({
      etag: expect.stringMatching(/^"[^"+]+"$/),
      'cache-control': 'private, no-cache',
      'x-response-time-ms': expect.stringMatching(/^\d+\.\d\d$/),
    });
    const again = await get(url, { 'if-none-match': String(first.headers.etag) });
    expect([again.statusCode, again.body, again.headers.etag]).toEqual([304, '', first.headers.etag]);
    expect(again.headers).toMatchObject({
      'x-request-id': expect.any(String),
      vary: expect.stringContaining('Accept-Encoding'),
    });
    expect(again.headers['content-type']).toBeUndefined();
    if (url === '/accounts') expect(again.headers['x-total-count']).toBe('1');
    expect((await get(url, { 'if-none-match': '"other"' })).statusCode).toBe(200);
  });

  it('has a tag of its own in each coding, all of which are known again, and are taken as If-Match', async () => {
    const url = `/accounts/${id}`;
    for (const coding of ['br', 'gzip', 'deflate']) {
      const coded = await get(url, { 'accept-encoding': coding });
      expect([coded.headers['content-encoding'], coded.headers.etag]).toEqual([coding, `"3+${coding}"`]);
      for (const acceptEncoding of [coding, 'identity']) {
        const headers = { 'if-none-match': `"3+${coding}"`, 'accept-encoding': acceptEncoding };
        expect((await get(url, headers)).statusCode).toBe(304);
      }
      await callAsAdmin(edge, 'PATCH', url, { name: 'B' }, { 'if-match': `"3+${coding}"` });
    }
    expect(edge.client.receivedOf(accounts.update).map(({ ifMatch }) => ifMatch)).toEqual([3, 3, 3]);
  });

  it('changes its tag with what is read', async () => {
    const first = await get('/accounts');
    edge.client.answer(accounts.list, () => ({ data: [{ ...account, name: 'C' }], pagination }));
    expect((await get('/accounts', { 'if-none-match': String(first.headers.etag) })).statusCode).toBe(200);
  });

  it('that fails has none, and is kept by nobody', async () => {
    const answer = await get('/accounts?page=0');
    expect(answer.statusCode).toBe(400);
    expect(answer.headers.etag).toBeUndefined();
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  it.each(['/%61pi/v1/accounts', '/%61%70%69/v1/%61ccounts'])(
    'of %s is as private as by its plain path',
    async (url) => {
      const answer = await edge.app.inject({ url, headers: { 'x-api-key': 'admin' } });
      expect([answer.statusCode, answer.headers['cache-control']]).toEqual([200, 'private, no-cache']);
      expect((await edge.app.inject({ url })).headers['cache-control']).toBe('no-store');
      const ofViewer = await edge.app.inject({ url, headers: { 'x-api-key': 'viewer' } });
      expect(ofViewer.statusCode).toBe(200);
    },
  );

  it('that is not there is kept by nobody', async () => {
    const { statusCode, headers } = await edge.app.inject({ url: '/api/v1/nothing' });
    expect([statusCode, headers['cache-control']]).toEqual([404, 'no-store']);
  });
});
