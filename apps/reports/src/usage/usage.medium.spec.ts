import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { listUsage, sumUsage, usageDimensions, usageSettled } from '@purser/contracts';
import type { RequestOf, SettledUsage, UsageDimension, UsageRow, UsageSum } from '@purser/contracts';
import type { Database } from '@purser/database';
import { newEvent } from '@purser/messaging';
import type { EventBus, MessageClient } from '@purser/messaging';
import { formatUsd, parseUsd } from '@purser/money';
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
beforeEach(() => database.query('TRUNCATE usage_events'));

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

  it('bears any instant that a calendar has', async () => {
    await publish(attempt(0));
    expect((await list({ from: '0000-01-01T00:00:00Z', to: '9999-12-31T23:59:59Z' })).data).toHaveLength(1);
  });
});

describe('sumUsage', () => {
  const records: SettledUsage[] = [];
  beforeAll(() => {
    // Every combination of these, at times on both sides of minutes, hours and a day.
    for (const accountId of [account!, otherAccount!])
      for (const provider of ['one', 'two'])
        for (const model of ['a', 'a/b'])
          for (const route of ['default', 'fast'])
            for (const offsetMs of [
              0,
              minuteMs - 1,
              minuteMs,
              59 * minuteMs + 59_999,
              60 * minuteMs,
              24 * 60 * minuteMs - 1,
              24 * 60 * minuteMs,
            ])
              for (const reason of ['ok', 'cut', 'client-gone'] as const)
                records.push(
                  attempt(offsetMs, {
                    accountId,
                    provider,
                    model,
                    route,
                    reason,
                    cost: String(13 ** (records.length % 12)),
                  }),
                );
  });

  const columns: Record<UsageDimension, keyof SettledUsage> = {
    account: 'accountId',
    provider: 'provider',
    model: 'model',
    route: 'route',
  };

  function model(rows: readonly SettledUsage[], intervalMs: number, groupBy: readonly UsageDimension[]): UsageSum[] {
    const groups = Map.groupBy(rows, (row) =>
      JSON.stringify([
        Math.floor(Date.parse(row.at) / intervalMs) * intervalMs,
        ...groupBy.map((d) => row[columns[d]]),
      ]),
    );
    const sums = [...groups].map(([name, members]) => {
      const [at, ...values] = JSON.parse(name) as [number, ...string[]];
      const sum = (of: (row: SettledUsage) => number) => members.reduce((total, row) => total + of(row), 0);
      return {
        at: new Date(at).toISOString(),
        ...Object.fromEntries(groupBy.map((dimension, n) => [dimension, values[n]])),
        requests: members.length,
        errors: members.filter(({ reason }) => reason === 'cut').length,
        inputTokens: sum(({ usage }) => usage.inputTokens),
        outputTokens: sum(({ usage }) => usage.outputTokens),
        cachedInputTokens: sum(({ usage }) => usage.cachedInputTokens),
        costUsd: formatUsd(members.reduce((total, { cost }) => total + BigInt(cost), 0n)),
      };
    });
    return sums;
  }

  const byName = (sums: readonly UsageSum[]) =>
    [...sums].sort((a, b) => (JSON.stringify([a.at, a]) < JSON.stringify([b.at, b]) ? -1 : 1));
  const subsets = usageDimensions.reduce<UsageDimension[][]>((all, d) => [...all, ...all.map((s) => [...s, d])], [[]]);
  const span = { from: '2026-02-01T00:00:00Z', to: '2026-02-03T00:00:00Z' };

  it.each([
    ['minute' as const, minuteMs],
    ['hour' as const, 60 * minuteMs],
    ['day' as const, 24 * 60 * minuteMs],
  ])('adds up by %s and every combination of groups', async (interval, intervalMs) => {
    await publish(...records);
    await publish(attempt(-1), attempt(48 * 60 * minuteMs));
    for (const groupBy of subsets) {
      const asked = groupBy.length > 0 ? { groupBy: groupBy.join(',') } : {};
      const answer = await client.request(sumUsage, { ...span, interval, ...asked });
      expect(byName(answer.data)).toEqual(byName(model(records, intervalMs, groupBy)));
      const times = answer.data.map(({ at }) => at);
      expect(times).toEqual([...times].sort());
    }
  });

  it('adds up one account, and cuts the first and last interval at the span', async () => {
    await publish(...records);
    const query = { from: '2026-02-01T00:01:00Z', to: '2026-02-01T01:00:00Z', accountId: otherAccount! };
    const within = records.filter(
      (row) =>
        row.accountId === otherAccount && row.at >= '2026-02-01T00:01:00.000Z' && row.at < '2026-02-01T01:00:00.000Z',
    );
    expect((await client.request(sumUsage, query)).data).toEqual(model(within, 60 * minuteMs, []));
  });

  it('takes the last 24 hours by hour unless told otherwise', async () => {
    const now = Date.now();
    await publish(attempt(now - start - 25 * 60 * minuteMs), attempt(now - start - 1_000));
    const answer = await client.request(sumUsage, {});
    expect(answer.interval).toBe('hour');
    expect(Date.parse(answer.to) - Date.parse(answer.from)).toBe(24 * 60 * minuteMs);
    expect(answer.data.reduce((sum, { requests }) => sum + requests, 0)).toBe(1);
  });

  it.each([
    ['from', { from: '2026-02-02T00:00:00Z', to: '2026-02-01T00:00:00Z' }],
    ['interval', { from: '2020-01-01T00:00:00Z', to: '2026-01-01T00:00:00Z', interval: 'minute' as const }],
    ['interval', { interval: 'week' as never }],
    ['groupBy', { groupBy: 'account,colour' }],
    ['groupBy', { groupBy: '' }],
    ['groupby', { groupby: 'account' } as object],
  ])('refuses a bad %s: %j', async (field, query) => {
    const refused = client.request(sumUsage, query);
    await expect(refused).rejects.toMatchObject({ code: 'invalid_request' });
    await expect(refused).rejects.toThrow(new RegExp(`^${field}`));
  });

  it('refuses what would not fit into an answer, by name', async () => {
    await database.query(
      `INSERT INTO usage_events SELECT gen_random_uuid(), $1::timestamptz + n * interval '1 s', $2, $2, '', 1, 'p', 'm' || n,
         'r', 200, 'ok', 'BYPASS', 1, 1, 0, 1, 'v', false, false, 1, 1, '{}' FROM generate_series(1, 10001) AS n`,
      [span.from, account],
    );
    const tooMany = { ...span, interval: 'day', groupBy: 'model' } as const;
    await expect(client.request(sumUsage, tooMany)).rejects.toMatchObject({ details: { field: 'groupBy' } });
    const tooLarge = { ...tooMany, to: '2026-02-01T02:00:00Z', groupBy: 'account,model' } as const;
    await expect(client.request(sumUsage, tooLarge)).rejects.toMatchObject({ details: { field: 'groupBy' } });
    const fits = { ...tooMany, to: '2026-02-01T00:10:00Z' } as const;
    expect((await client.request(sumUsage, fits)).data).toHaveLength(599);
  });
});
