import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { sumUsage, topUsage, usageDashboard, usageLatency, usageSettled } from '@purser/contracts';
import type { LatencyDistribution, RequestContract, SettledUsage } from '@purser/contracts';
import type { MessageClient } from '@purser/messaging';
import { newEvent } from '@purser/messaging';
import { settledAttempt, testDatabase, type TestDatabase } from '@purser/testing';
import { v7 as uuidv7 } from 'uuid';
import { migrations } from '../migrations/index.ts';
import { startTestReports, type TestReports } from '../testing/start-test-reports.ts';
import { grouped, totalsOf, within } from '../testing/usage-model.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const [account, otherAccount] = [uuidv7(), uuidv7()];
const span = { from: '2026-02-01T00:00:00Z', to: '2026-02-03T00:00:00Z' };
const start = Date.parse(span.from);

let own: TestDatabase;
let service: TestReports;
let client: MessageClient;

beforeAll(async () => {
  own = await testDatabase({ migrations, schema: 'reports' });
  service = await startTestReports({ DATABASE_URL: own.url });
  client = service.client;
});
afterAll(async () => {
  await service?.stop();
  await own?.drop();
});
beforeEach(() => service.database.query('TRUNCATE usage_events, usage_rollups'));

const attempt = (ms: number, fields: Partial<SettledUsage> = {}): SettledUsage =>
  settledAttempt({ at: new Date(ms).toISOString(), accountId: account, ...fields });

async function publish(records: readonly SettledUsage[]): Promise<void> {
  for (let n = 0; n < records.length; n += 1_000) {
    const batch = { batchId: uuidv7(), records: records.slice(n, n + 1_000) };
    await service.events.publish([newEvent(usageSettled, batch)]);
  }
}

describe('sumUsage', () => {
  it('takes the last 24 hours by hour unless told otherwise', async () => {
    const now = Date.now();
    await publish([attempt(now - 25 * HOUR_MS), attempt(now - 1_000)]);
    const answer = await client.request(sumUsage, {});
    expect(answer.interval).toBe('hour');
    expect(Date.parse(answer.to) - Date.parse(answer.from)).toBe(DAY_MS);
    expect(answer.totals.requests).toBe(1);
  });

  it('is empty where there is nothing, not an error', async () => {
    const { data, totals } = await client.request(sumUsage, { ...span, interval: 'day' });
    expect([data, totals]).toEqual([[], totalsOf([])]);
  });

  it('refuses what would not fit into an answer, by name', async () => {
    await publish(Array.from({ length: 10_001 }, (_, n) => attempt(start + (n + 1) * 1_000, { model: `m${n + 1}` })));
    const tooMany = { ...span, interval: 'day', groupBy: 'model' } as const;
    await expect(client.request(sumUsage, tooMany)).rejects.toMatchObject({ details: { field: 'groupBy' } });
    const tooLarge = { ...tooMany, to: '2026-02-01T02:00:00Z', groupBy: 'account,model' } as const;
    await expect(client.request(sumUsage, tooLarge)).rejects.toMatchObject({ details: { field: 'groupBy' } });
    await expect(client.request(usageLatency, { ...span, groupBy: 'model' })).rejects.toMatchObject({
      details: { field: 'groupBy' },
    });
    const fits = { ...tooMany, to: '2026-02-01T00:10:00Z' } as const;
    expect((await client.request(sumUsage, fits)).data).toHaveLength(599);
  });
});

describe('what is asked wrongly is refused by name', () => {
  const reversed = { from: span.to, to: span.from };
  const decades = { from: '1990-01-01T00:00:00Z', to: span.to };
  it.each<[RequestContract, string, object]>([
    [sumUsage, 'from', reversed],
    [sumUsage, 'interval', { ...decades, interval: 'minute' }],
    [sumUsage, 'interval', { interval: 'week' }],
    [sumUsage, 'groupBy', { groupBy: 'account,colour' }],
    [sumUsage, 'groupBy', { groupBy: '' }],
    [sumUsage, 'groupBy', { groupBy: ['model', 'route'] }],
    [sumUsage, 'groupby', { groupby: 'account' }],
    [sumUsage, 'model', { model: 'a\0b' }],
    [topUsage, 'dimension', {}],
    [topUsage, 'limit', { dimension: 'model', limit: 0 }],
    [topUsage, 'limit', { dimension: 'model', limit: 1_000_000 }],
    [topUsage, 'by', { dimension: 'model', by: 'name' }],
    [topUsage, 'from', { dimension: 'model', ...reversed }],
    [topUsage, 'from', { dimension: 'model', ...decades }],
    [usageLatency, 'from', reversed],
    [usageLatency, 'from', decades],
    [usageLatency, 'interval', { interval: 'day' }],
    [usageDashboard, 'accountId', { accountId: 'mine' }],
    [usageDashboard, 'visibleTo', { visibleTo: ['mine'] }],
  ])('%#: %s', async (contract, field, query) => {
    const refused = client.request(contract, query);
    await expect(refused).rejects.toMatchObject({ code: 'invalid_request' });
    await expect(refused).rejects.toThrow(new RegExp(`^${field}`));
  });
});

describe('usageLatency', () => {
  const exact = (values: number[], q: number) =>
    values.toSorted((a, b) => a - b)[Math.ceil(Number((q * values.length).toFixed(6))) - 1]!;

  function expectWithinBound(told: LatencyDistribution, values: number[]): void {
    expect(told.count).toBe(values.length);
    const sum = values.reduce((total, value) => total + Math.round(value * 1_000), 0);
    expect(told.mean! / (sum / values.length / 1_000)).toBeCloseTo(1, 6);
    for (const [name, q] of [
      ['p50', 0.5],
      ['p90', 0.9],
      ['p95', 0.95],
      ['p99', 0.99],
    ] as const) {
      expect(Math.abs(told[name]! / exact(values, q) - 1)).toBeLessThanOrEqual(0.02 + 1e-6);
    }
  }

  it('tells percentiles within the stated error, merged over days, hours and edges, by group', async () => {
    const records = Array.from({ length: 3_000 }, (_, n) => {
      const latencyMs = Math.exp(Math.sin(n * 1.7) * 4 + 3);
      const firstByteMs = n % 5 === 0 ? null : latencyMs / 3;
      return attempt(start + ((n * 7_919_333) % (2 * DAY_MS)), { latencyMs, firstByteMs, model: n % 3 ? 'a' : 'b' });
    });
    await publish(records);
    const cut = { from: '2026-02-01T00:10:00Z', to: '2026-02-02T22:20:30Z' };
    const { data, relativeError } = await client.request(usageLatency, { ...cut, groupBy: 'model' });
    expect(relativeError).toBe(0.02);
    expect(data.map(({ model }) => model)).toEqual(['a', 'b']);
    for (const { model, latencyMs, firstByteMs } of data) {
      const members = within(records, cut).filter((each) => each.model === model);
      expectWithinBound(
        latencyMs,
        members.map((each) => each.latencyMs),
      );
      expectWithinBound(
        firstByteMs,
        members.flatMap((each) => each.firstByteMs ?? []),
      );
    }
  });

  it('bears latencies that are nothing, and those of years', async () => {
    await publish([0, 1e-9, 1e15, 1e300].map((latencyMs) => attempt(start, { latencyMs, firstByteMs: null })));
    const { data } = await client.request(usageLatency, span);
    expect(data[0]?.latencyMs).toMatchObject({ count: 4, p50: expect.closeTo(0.01, 3) });
    expect(data[0]!.latencyMs.p99! / DAY_MS).toBeCloseTo(1, 1);
    expect(data[0]?.firstByteMs).toMatchObject({ count: 0, mean: null, p50: null });
  });

  it('tells nothing of nothing, and of what may not be seen', async () => {
    await publish([attempt(start)]);
    const { data } = await client.request(usageLatency, { ...span, visibleTo: [otherAccount] });
    expect(data).toMatchObject([{ latencyMs: { count: 0, p99: null } }]);
    const byModel = await client.request(usageLatency, { ...span, groupBy: 'model', visibleTo: [otherAccount] });
    expect(byModel.data).toEqual([]);
  });
});

describe('usageDashboard', () => {
  /** Attempts over 61 days up to now, of two accounts. */
  const records = (now: number) =>
    Array.from({ length: 800 }, (_, n) =>
      attempt(now - Math.floor((n / 800) ** 3 * 61 * DAY_MS) - 1, {
        accountId: n % 3 ? account : otherAccount,
        provider: `p${n % 7}`,
        model: `m${n % 4}`,
        reason: n % 10 ? 'ok' : 'cut',
      }),
    );

  it.each([
    ['all', undefined],
    ['what the asker may see', [otherAccount]],
  ])('shows of %s what a sum over the rows does', async (_, visibleTo) => {
    const all = records(Date.now());
    await publish(all);
    // It reads rollups alone.
    await service.database.query('TRUNCATE usage_events');
    const seen = all.filter(({ accountId }) => !visibleTo || visibleTo.includes(accountId));
    const board = await client.request(usageDashboard, { visibleTo });
    const running = new Date(Math.floor(Date.parse(board.at) / HOUR_MS) * HOUR_MS).toISOString();
    for (const period of Object.values(board.periods)) {
      const totals = totalsOf(within(seen, period));
      const before = totalsOf(within(seen, period.before));
      expect(period).toMatchObject(totals);
      expect(period.before).toMatchObject(before);
      expect(period.errorRate).toBe(totals.requests ? totals.errors / totals.requests : null);
      const compared = totalsOf(within(seen, { from: period.from, to: running }));
      const growth = before.requests ? expect.closeTo(compared.requests / before.requests - 1, 9) : null;
      expect(period.change.requests).toEqual(growth);
    }
    const day = board.periods.last24Hours;
    expect(Date.parse(day.to)).toBe(Date.parse(running) + HOUR_MS);
    expect(Date.parse(day.from)).toBe(Date.parse(running) - 23 * HOUR_MS);
    expect(Date.parse(running) - Date.parse(day.before.to)).toBe(DAY_MS);
    expect(Date.parse(day.from) - Date.parse(day.before.from)).toBe(DAY_MS);
    expect(board.periods.today.from).toBe(`${board.at.slice(0, 10)}T00:00:00.000Z`);

    const recent = within(seen, day);
    expect(board.hours).toHaveLength(24);
    for (const { at, ...totals } of board.hours) {
      const hour = { from: at, to: new Date(Date.parse(at) + HOUR_MS).toISOString() };
      expect(totals).toEqual(totalsOf(within(recent, hour)));
    }
    const ranked = grouped(recent, ['provider'])
      .map(({ group, members }) => ({ ...group, ...totalsOf(members) }))
      .sort((a, b) => Number(b.costUsd) - Number(a.costUsd));
    expect(board.top.providers.map(({ share: _share, ...same }) => same)).toEqual(ranked.slice(0, 5));
    expect(board.top.models).toHaveLength(4);
    expect(board.top.accounts.map((each) => each.account).sort()).toEqual(
      [...new Set(seen.map((r) => r.accountId))].sort(),
    );
    expect(board.top.accounts.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
    expect(board.latency.latencyMs.count).toBe(recent.length);
  });

  it('is whole where nothing ever happened', async () => {
    const board = await client.request(usageDashboard, { accountId: uuidv7() });
    expect(board.periods.today).toMatchObject({ ...totalsOf([]), errorRate: null, change: { costUsd: null } });
    expect(board.hours.every(({ requests }) => requests === 0)).toBe(true);
    expect(board.top).toEqual({ accounts: [], providers: [], models: [] });
    expect(board.latency).toMatchObject({ relativeError: 0.02, latencyMs: { count: 0 }, firstByteMs: { count: 0 } });
  });
});
