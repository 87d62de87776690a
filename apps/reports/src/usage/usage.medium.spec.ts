import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { exportUsage, listUsage, sumUsage, usageSettled } from '@purser/contracts';
import type { RequestOf, SettledUsage, UsageRow } from '@purser/contracts';
import type { Database } from '@purser/database';
import { newEvent } from '@purser/messaging';
import type { EventBus, MessageClient } from '@purser/messaging';
import { parseUsd } from '@purser/money';
import { settledAttempt, testDatabase, type TestDatabase } from '@purser/testing';
import { v7 as uuidv7 } from 'uuid';
import { migrations } from '../migrations/index.ts';
import { startTestReports, type TestReports } from '../testing/start-test-reports.ts';

const [account, otherAccount, key, window] = Array.from({ length: 4 }, () => uuidv7());
const minuteMs = 60_000;
const start = Date.parse('2026-02-01T00:00:00Z');

let own: TestDatabase;
let service: TestReports;
let client: MessageClient;
let events: EventBus;
let database: Database;

beforeAll(async () => {
  own = await testDatabase({ migrations, schema: 'reports' });
  service = await startTestReports({ DATABASE_URL: own.url });
  ({ client, events, database } = service);
});
afterAll(async () => {
  await service?.stop();
  await own?.drop();
});
beforeEach(() => database.query('TRUNCATE usage_events, usage_rollups'));

/** An attempt `offsetMs` after the start. */
const attempt = (offsetMs: number, fields: Partial<SettledUsage> = {}): SettledUsage =>
  settledAttempt({
    at: new Date(start + offsetMs).toISOString(),
    accountId: account!,
    keyId: key!,
    windows: [window!],
    ...fields,
  });

const settled = (records: SettledUsage[]) => newEvent(usageSettled, { batchId: uuidv7(), records });
const publish = (...records: SettledUsage[]) => events.publish([settled(records)]);
const list = (query: RequestOf<typeof listUsage> = {}) => client.request(listUsage, query);

async function readAll(query: RequestOf<typeof listUsage>, between?: () => Promise<void>): Promise<UsageRow[]> {
  const rows: UsageRow[] = [];
  let cursor: string | undefined;
  do {
    const { data, pagination } = await list({ ...query, cursor });
    rows.push(...data);
    cursor = pagination.nextCursor ?? undefined;
    await between?.();
  } while (cursor !== undefined);
  return rows;
}

const newestFirst = (records: SettledUsage[]) =>
  [...records]
    .sort((a, b) => (a.at === b.at ? (a.usageId < b.usageId ? 1 : -1) : a.at < b.at ? 1 : -1))
    .map((r) => r.usageId);

describe('usage events', () => {
  it('say what the answer cache did; those of before it was there say that it was not asked', async () => {
    const noUsage = { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0 };
    const hit = attempt(2, { cache: 'HIT', cost: '0', usage: noUsage, firstByteMs: null, windows: [] });
    const miss = attempt(1, { cache: 'MISS' });
    const { cache: _, ...earlier } = attempt(0);
    await publish(hit, miss, earlier as SettledUsage);
    const { data } = await list();
    expect(data.map(({ cache, costUsd }) => [cache, parseUsd(costUsd)])).toEqual([
      ['HIT', 0n],
      ['MISS', BigInt(miss.cost)],
      ['BYPASS', BigInt(earlier.cost)],
    ]);
    const { totals } = await client.request(sumUsage, { from: hit.at.slice(0, 10), to: '2026-02-02' });
    expect(totals).toMatchObject({ requests: 3, errors: 0 });
  });

  it('become rows with every field as it was settled', async () => {
    const plain = attempt(0, {
      cost: '123456789',
      firstByteMs: null,
      estimated: true,
      reason: 'cut',
      status: 0,
      attempt: 2,
    });
    await publish(plain);
    expect((await list()).data).toEqual([
      {
        id: plain.usageId,
        at: plain.at,
        requestId: plain.requestId,
        accountId: account,
        keyId: key,
        provider: 'simulator',
        model: 'sim-small',
        route: 'default',
        status: 0,
        attempt: 2,
        ...plain.usage,
        costUsd: '0.123456789',
        priceVersion: plain.priceVersion,
        estimated: true,
        overrun: false,
        reason: 'cut',
        cache: 'BYPASS',
        latencyMs: 12.375,
        firstByteMs: null,
      },
    ]);
  });

  it('count once however often, in whatever order and in whatever batches they come, to the nano-dollar', async () => {
    const records = Array.from({ length: 300 }, (_, n) => attempt((n % 17) * minuteMs, { cost: String(1 + n ** 5) }));
    const batches = Array.from({ length: 10 }, (_, n) => settled(records.slice(n * 30, n * 30 + 30)));
    const overlapping = settled(records.filter((_, n) => n % 7 === 0).reverse());
    await events.publish([...batches.slice(5), overlapping]);
    await Promise.all([events.publish(batches), events.publish([...batches].reverse()), events.publish([overlapping])]);
    const rows = await readAll({ limit: 100 });
    expect(rows.map(({ id }) => id)).toEqual(newestFirst(records));
    const total = records.reduce((sum, { cost }) => sum + BigInt(cost), 0n);
    expect(rows.reduce((sum, { costUsd }) => sum + parseUsd(costUsd), 0n)).toBe(total);
    const [paid] = await database.query<{ nanos: string }>(
      'SELECT sum(cost_nanos) AS nanos FROM usage_events WHERE $1 = ANY (windows)',
      [window],
    );
    expect(paid?.nanos).toBe(String(total));
  });

  it('keep what was stored first, also when one batch holds an id twice', async () => {
    const first = attempt(0, { cost: '5' });
    await publish(first, { ...first, cost: '6' });
    await publish({ ...first, cost: '7' });
    expect((await list()).data.map(({ costUsd }) => costUsd)).toEqual(['0.000000005']);
  });

  it('hold the largest amounts exactly', async () => {
    await publish(attempt(0, { cost: '9223372036854775807' }), attempt(0, { cost: '9223372036854775807' }));
    expect((await list()).data[0]?.costUsd).toBe('9223372036.854775807');
    const from = new Date(start).toISOString();
    const { data } = await client.request(sumUsage, { from, to: '2026-02-02T00:00:00Z', interval: 'day' });
    expect(data[0]?.costUsd).toBe('18446744073.709551614');
  });

  it('are stored all or none of a batch', async () => {
    await expect(publish(attempt(0), attempt(0, { cost: '9999999999999999999' }))).rejects.toThrow();
    expect((await list()).data).toEqual([]);
  });

  it('may be none', async () => {
    await publish();
    expect((await list()).data).toEqual([]);
  });
});

describe('listUsage', () => {
  it('pages through all rows once, also of one instant, while new and late ones arrive', async () => {
    const records = Array.from({ length: 60 }, (_, n) => attempt(Math.floor(n / 9) * 10));
    await publish(...records);
    const rows = await readAll({ limit: 7 }, () => publish(attempt(24 * 60 * minuteMs), attempt(25), attempt(-5)));
    const ids = rows.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const known = new Set(records.map(({ usageId }) => usageId));
    expect(ids.filter((id) => known.has(id))).toEqual(newestFirst(records));
  });

  it('ends with the last page, also when it is full', async () => {
    await publish(attempt(0), attempt(1), attempt(2), attempt(3));
    const first = await list({ limit: 2 });
    expect(first.pagination).toEqual({ limit: 2, nextCursor: expect.any(String) });
    const second = await list({ limit: 2, cursor: first.pagination.nextCursor! });
    expect(second.data).toHaveLength(2);
    expect(second.pagination.nextCursor).toBeNull();
    expect((await list({ from: '2030-01-01T00:00:00Z' })).pagination.nextCursor).toBeNull();
  });

  it.each([
    ['accountId', { accountId: otherAccount! }, { accountId: otherAccount! }],
    ['keyId', { keyId: otherAccount! }, { keyId: otherAccount! }],
    ['provider', { provider: 'other' }, { provider: 'other' }],
    ['model', { model: 'a/b' }, { model: 'a/b' }],
    ['route', { route: 'fast' }, { route: 'fast' }],
    ['requestId', { requestId: 'mine' }, { requestId: 'mine' }],
    ['two at once', { provider: 'other', route: 'fast' }, { provider: 'other', route: 'fast' }],
    ['from, which is included', { at: '2026-02-03T00:00:00.000Z' }, { from: '2026-02-03T00:00:00Z' }],
    ['to, which is not', { at: '2026-01-31T23:59:59.999Z' }, { to: '2026-02-01T00:00:00Z' }],
  ])('filters by %s', async (_name, fields, query) => {
    const wanted = attempt(0, fields);
    await publish(attempt(0), wanted, attempt(minuteMs));
    expect((await list(query)).data.map(({ id }) => id)).toEqual([wanted.usageId]);
  });

  it('filters every page', async () => {
    const wanted = Array.from({ length: 5 }, (_, n) => attempt(n, { accountId: otherAccount! }));
    await publish(...wanted, ...Array.from({ length: 5 }, (_, n) => attempt(n)));
    const rows = await readAll({ accountId: otherAccount!, limit: 2 });
    expect(rows.map(({ id }) => id)).toEqual(newestFirst(wanted));
  });

  it.each([
    ['cursor', { cursor: 'garbage' }],
    ['cursor', { cursor: '' }],
    ['cursor', { cursor: 'x'.repeat(201) }],
    ['limit', { limit: 0 }],
    ['limit', { limit: 1_000_000 }],
    ['from', { from: 'yesterday' }],
    ['from', { from: '2026-02-02T00:00:00Z', to: '2026-02-01T00:00:00Z' }],
    ['accountId', { accountId: '1' }],
    ['provider', { provider: 'a\0b' }],
  ])('refuses a bad %s by name: %j', async (field, query) => {
    await expect(list(query)).rejects.toMatchObject({ code: 'invalid_request', details: { field } });
  });

  it('shows no more than the asker may see', async () => {
    const [mine, foreign] = [attempt(0), attempt(1, { accountId: otherAccount! })];
    await publish(mine, foreign);
    const ids = async (query: RequestOf<typeof listUsage>) => (await list(query)).data.map(({ id }) => id);
    expect(await ids({ visibleTo: [account!] })).toEqual([mine.usageId]);
    expect(await ids({ visibleTo: [account!, otherAccount!] })).toEqual([foreign.usageId, mine.usageId]);
    expect(await ids({ visibleTo: [] })).toEqual([]);
    expect(await ids({ visibleTo: [account!], accountId: otherAccount! })).toEqual([]);
  });

  it('bears any instant that a calendar has', async () => {
    await publish(attempt(0));
    expect((await list({ from: '0000-01-01T00:00:00Z', to: '9999-12-31T23:59:59Z' })).data).toHaveLength(1);
  });
});

describe('exportUsage', () => {
  const span = { from: '2026-02-01T00:00:00Z', to: '2026-02-02T00:00:00Z' };

  async function exportAll(query: RequestOf<typeof exportUsage>): Promise<UsageRow[][]> {
    const pages: UsageRow[][] = [];
    let cursor: string | null | undefined;
    do {
      const page = await client.request(exportUsage, { ...query, ...(cursor ? { cursor } : {}) });
      pages.push(page.data);
      cursor = page.nextCursor;
    } while (cursor !== null);
    return pages;
  }

  it('gives every row of the span once, oldest first, page by page', async () => {
    const records = Array.from({ length: 1_203 }, (_, n) => attempt((n % 400) * 1_000));
    await publish(...records.slice(0, 700));
    await publish(...records.slice(700), attempt(-1), attempt(24 * 60 * minuteMs));
    const pages = await exportAll(span);
    expect(pages.map(({ length }) => length)).toEqual([500, 500, 203]);
    expect(pages.flat().map(({ id }) => id)).toEqual(newestFirst(records).reverse());
    expect((await exportAll({ ...span, provider: 'other' })).flat()).toEqual([]);
  });

  it('ends a page where a message is full', async () => {
    const wide = Array.from({ length: 450 }, (_, n) =>
      attempt(n, { route: '\u0001'.repeat(300), model: '"'.repeat(200) }),
    );
    for (let n = 0; n < wide.length; n += 150) await publish(...wide.slice(n, n + 150));
    const pages = await exportAll(span);
    expect(pages.flat()).toHaveLength(450);
    expect(pages.length).toBeGreaterThan(1);
  });

  it('keeps to the filters and to what the asker may see', async () => {
    const wanted = attempt(0, { provider: 'other' });
    await publish(wanted, attempt(0), attempt(0, { provider: 'other', accountId: otherAccount! }));
    const pages = await exportAll({ ...span, provider: 'other', visibleTo: [account!] });
    expect(pages.flat().map(({ id }) => id)).toEqual([wanted.usageId]);
  });

  it('takes the last 24 hours unless told otherwise, and says which', async () => {
    const now = Date.now();
    const recent = attempt(now - start - 1_000);
    await publish(recent, attempt(now - start - 25 * 60 * minuteMs));
    const { from, to, data } = await client.request(exportUsage, {});
    expect(Date.parse(to) - Date.parse(from)).toBe(24 * 60 * minuteMs);
    expect(data.map(({ id }) => id)).toEqual([recent.usageId]);
  });

  it('ends where it was begun, whatever comes while it is read', async () => {
    const since = Date.now() - start - 60 * minuteMs;
    const records = Array.from({ length: 501 }, (_, n) => attempt(since + n));
    await publish(...records);
    const { from, to, data, nextCursor } = await client.request(exportUsage, {});
    expect(Date.parse(to)).toBeLessThanOrEqual(Date.now());
    await publish(attempt(Date.now() - start));
    const next = await client.request(exportUsage, { from, to, cursor: nextCursor! });
    expect([next.from, next.to, next.nextCursor]).toEqual([from, to, null]);
    expect([...data, ...next.data].map(({ id }) => id)).toEqual(newestFirst(records).reverse());
  });

  it('keeps a "to" that is given, also one that is not past yet', async () => {
    const to = new Date(Date.now() + 1_000).toISOString();
    expect(await client.request(exportUsage, { to })).toMatchObject({ to });
    expect(await client.request(sumUsage, { to })).toMatchObject({ to });
  });

  it.each([
    ['cursor', { cursor: 'garbage' }],
    ['from', { from: span.to, to: span.from }],
    ['from', { from: '2024-01-01T00:00:00Z', to: '2026-01-01T00:00:00Z' }],
    ['accountId', { accountId: 'x' }],
  ])('refuses a bad %s by name: %j', async (field, query) => {
    const refused = client.request(exportUsage, query);
    await expect(refused).rejects.toMatchObject({ code: 'invalid_request', details: { field } });
  });
});
