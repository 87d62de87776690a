import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { exportUsage, type UsageRow } from '@purser/contracts';
import { DomainError } from '@purser/errors';
import { waitUntil } from '@purser/testing';
import { v7 as uuidv7 } from 'uuid';
import { UsageExports } from '../exports/usage-exports.ts';
import { aKey, anAccount, entries } from '../testing/configuration-entries.ts';
import { callAsAdmin, startTestEdge, type TestEdge } from '../testing/start-test-edge.ts';

const id = uuidv7();
const span = { from: '2026-01-01T00:00:00.000Z', to: '2026-01-02T00:00:00.000Z' };
const row: UsageRow = {
  ...{ id, at: span.from, requestId: 'r', accountId: id, keyId: id, provider: 'p', model: '=m', route: 'default' },
  ...{ status: 200, attempt: 1, inputTokens: 1, outputTokens: 2, cachedInputTokens: 0, costUsd: '0.5' },
  ...{ priceVersion: 'v', estimated: false, overrun: false, reason: 'ok', cache: 'BYPASS' as const },
  ...{ latencyMs: 1.5, firstByteMs: null },
};
const wide = Array.from({ length: 500 }, () => ({ ...row, requestId: 'x'.repeat(300) }));

let edge: TestEdge;
let url: string;
async function start(env: Record<string, string> = {}): Promise<void> {
  const account = anAccount();
  const more = [...entries('account', [account]), ...entries('key', [aKey(account.id, 'fifth')])];
  edge = await startTestEdge({ env, entries: more });
  await edge.app.listen(0, '127.0.0.1');
  url = await edge.app.getUrl();
}
beforeEach(() => start());
afterEach(() => edge.app.close());

const asked = () => edge.client.receivedOf(exportUsage);
const allEnd = () =>
  waitUntil(() => edge.app.get(UsageExports, { strict: false }).underWay === 0, {
    ...{ timeoutMs: 10_000, what: 'no export is under way' },
  });

/** Pages of these rows, `count` of them, then the end. */
function pages(rows: UsageRow[], count: number): void {
  edge.client.answer(exportUsage, ({ cursor }) => {
    const page = Number(cursor ?? 0) + 1;
    return { ...span, data: rows, nextCursor: page < count ? String(page) : null };
  });
}

/** The answer's head; its body is not read until somebody does. */
function begin(query: string, key = 'admin'): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get(`${url}/api/v1/reports/export?${query}`, { headers: { 'x-api-key': key } }, resolve).on('error', reject);
  });
}

async function bytesUntilCut(answer: IncomingMessage): Promise<number> {
  let bytes = 0;
  answer.on('data', (chunk: Buffer) => (bytes += chunk.length));
  await expect(once(answer, 'end')).rejects.toMatchObject({ code: 'ECONNRESET' });
  return bytes;
}

describe('an export', () => {
  it('is a file of all pages, each asked for with the span of the first', async () => {
    pages([row, row], 3);
    const answer = await callAsAdmin(edge, 'GET', `/reports/export?format=ndjson&provider=p&from=${span.from}`);
    expect(answer.statusCode).toBe(200);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/x-ndjson; charset=utf-8',
      'content-disposition': 'attachment; filename="purser-usage-20260101T000000Z-20260102T000000Z.ndjson"',
      'x-request-id': expect.any(String),
    });
    const lines = answer.body.split('\n');
    expect(lines.pop()).toBe('');
    expect(lines.map((line) => JSON.parse(line) as UsageRow)).toEqual(Array.from({ length: 6 }, () => row));
    expect(asked()).toEqual([
      { provider: 'p', from: span.from },
      { provider: 'p', ...span, cursor: '1' },
      { provider: 'p', ...span, cursor: '2' },
    ]);
    await allEnd();
  });

  it('is CSV that no spreadsheet takes for formulas', async () => {
    pages([row], 1);
    const answer = await callAsAdmin(edge, 'GET', '/reports/export?format=csv');
    expect(answer.headers['content-type']).toBe('text/csv; charset=utf-8; header=present');
    const [header, first, end] = answer.body.split('\r\n');
    expect(header).toMatch(/^id,at,requestId,accountId,keyId,provider,model,/);
    expect(first).toContain(",p,'=m,default,");
    expect(end).toBe('');
  });

  it('of nothing is a header, not an error', async () => {
    pages([], 1);
    expect((await callAsAdmin(edge, 'GET', '/reports/export?format=csv')).body).toMatch(/^id,.*,firstByteMs\r\n$/);
    expect((await callAsAdmin(edge, 'GET', '/reports/export?format=ndjson')).body).toBe('');
  });

  it('is refused as the service refuses it, and as nobody answers', async () => {
    edge.client.answer(exportUsage, () => {
      throw new DomainError('invalid_request', 'from: must be at most 366 days before "to"', { field: 'from' });
    });
    const refused = await callAsAdmin(edge, 'GET', '/reports/export?format=csv');
    expect(refused.json()).toMatchObject({ status: 400, field: 'from' });
    expect(refused.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(refused.headers['content-disposition']).toBeUndefined();
    edge.client.answer(exportUsage, () => {
      throw new DomainError('unavailable', 'away');
    });
    expect((await callAsAdmin(edge, 'GET', '/reports/export?format=csv')).statusCode).toBe(503);
    await allEnd();
  });

  it('is read no further than its client reads', async () => {
    pages(wide, 1_000_000);
    const answer = await begin('format=csv');
    // What the sockets between hold is a few megabytes; then nothing is asked for any more.
    await waitUntil(() => asked().length > 3, { timeoutMs: 10_000, what: 'some pages are asked for' });
    let before = -1;
    const standsStill = () => {
      const same = asked().length === before;
      before = asked().length;
      return same;
    };
    await waitUntil(standsStill, { timeoutMs: 10_000, everyMs: 100, what: 'no page is asked for' });
    expect(before).toBeLessThan(200);
    answer.destroy();
    await allEnd();
  });

  it('stops when its client goes away, also amid a question', async () => {
    let waiting = 0;
    edge.client.answer(exportUsage, async ({ cursor }) => {
      if (cursor === undefined) return { ...span, data: [row], nextCursor: 'next' };
      waiting += 1;
      await new Promise((resolve) => setTimeout(resolve, 100));
      return { ...span, data: [row], nextCursor: 'next' };
    });
    const answer = await begin('format=ndjson');
    answer.resume();
    await waitUntil(() => waiting > 0, { timeoutMs: 10_000, what: 'the second page is asked for' });
    answer.destroy();
    await allEnd();
    const { length } = asked();
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect(asked()).toHaveLength(length);
  });

  it('that fails in the middle is cut off, so that it does not look whole', async () => {
    edge.client.answer(exportUsage, ({ cursor }) => {
      if (cursor !== undefined) throw new DomainError('unavailable', 'away');
      return { ...span, data: [row], nextCursor: 'next' };
    });
    const answer = await begin('format=csv');
    expect(answer.statusCode).toBe(200);
    expect(await bytesUntilCut(answer)).toBeGreaterThan(0);
    await allEnd();
  });

  it('that takes longer than it may is cut off, also where its client does not read', async () => {
    await edge.app.close();
    await start({ EXPORT_TIMEOUT_MS: '1000' });
    pages(wide, 1_000_000);
    const [read, unread] = [await begin('format=csv'), await begin('format=csv')];
    await bytesUntilCut(read);
    await allEnd();
    await bytesUntilCut(unread);
  });

  it('is refused while eight others are under way, and not after', async () => {
    pages(wide, 1_000_000);
    const keys = ['admin', 'manager', 'member', 'viewer'].flatMap((key) => [key, key]);
    const others = await Promise.all(keys.map((key) => begin('format=csv', key)));
    const ninth = await begin('format=csv', 'fifth');
    expect([ninth.statusCode, ninth.headers['retry-after']]).toEqual([503, expect.any(String)]);
    ninth.resume();
    for (const other of others) other.destroy();
    await allEnd();
    pages([row], 1);
    expect((await callAsAdmin(edge, 'GET', '/reports/export?format=csv')).statusCode).toBe(200);
  });

  it('is refused while two others of the same key are under way, and not to another key', async () => {
    pages(wide, 1_000_000);
    const others = [await begin('format=csv', 'viewer'), await begin('format=csv', 'viewer')];
    const third = await begin('format=csv', 'viewer');
    expect([third.statusCode, third.headers['retry-after']]).toEqual([429, expect.any(String)]);
    third.resume();
    const another = await begin('format=csv', 'member');
    expect(another.statusCode).toBe(200);
    for (const other of [...others, another]) other.destroy();
    await allEnd();
    pages([row], 1);
    const after = await begin('format=csv', 'viewer');
    expect(after.statusCode).toBe(200);
    after.resume();
    await once(after, 'end');
  });

  it('is not made for who asks for its head only', async () => {
    pages([row], 3);
    const headers = { 'x-api-key': 'admin' };
    const answer = await fetch(`${url}/api/v1/reports/export?format=csv`, { method: 'HEAD', headers });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      200,
      'text/csv; charset=utf-8; header=present',
    ]);
    await allEnd();
    expect(asked()).toHaveLength(1);
  });
});
