import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { UsageRow } from '@purser/contracts';
import type { Stack } from '../stack/stack.ts';
import { sum, toNanos } from '../tenant/nanos.ts';
import { Tenant } from '../tenant/tenant.ts';

/** What the reports tell of usage is what its rows say, to the nano-dollar. */
export function reports(stack: () => Stack): void {
  describe('reports', () => {
    let tenant: Tenant;
    let rows: UsageRow[];
    let billed: bigint;
    beforeAll(async () => {
      tenant = await Tenant.create(stack(), { limitUsd: '0.01' });
      for (const name of ['sim-small', 'sim-large', 'sim-small', 'sim-small', 'sim-large']) {
        await tenant.client().chat.completions.create({
          ...{ model: tenant.model(name), messages: [{ role: 'user', content: 'Report me' }], max_tokens: 16 },
        });
      }
      billed = tenant.billed();
      rows = await tenant.usageAddingUpTo(billed);
    });
    afterAll(() => tenant?.close());

    const read = (report: string, query: Readonly<Record<string, string>> = {}) => {
      const search = new URLSearchParams({ accountId: tenant.accountId, ...query });
      return tenant.admin.read(`reports/${report}?${search.toString()}`);
    };

    it.each(['minute', 'hour', 'day'])('usage by %s adds up to the rows', async (interval) => {
      const { data, totals } = await read('usage', { interval, groupBy: 'model,key' });
      expect(sum(data.map(({ costUsd }: UsageRow) => toNanos(costUsd)))).toBe(billed);
      expect(toNanos(totals.costUsd)).toBe(billed);
      expect(totals.requests).toBe(rows.length);
      expect(new Set(data.map(({ key }: { key: string }) => key))).toEqual(new Set([tenant.keyId]));
    });

    it('usage of a span that cuts an hour has the rows of that span', async () => {
      const [newest, oldest] = [rows[0]!, rows.at(-1)!];
      const { totals } = await read('usage', { from: oldest.at, to: newest.at });
      const within = rows.filter(({ at }) => at >= oldest.at && at < newest.at);
      expect(toNanos(totals.costUsd)).toBe(sum(within.map(({ costUsd }) => toNanos(costUsd))));
    });

    it('the top is who used most', async () => {
      const { data, totals } = await read('top', { dimension: 'model', by: 'requests' });
      expect(data.map(({ model, requests }: { model: string; requests: number }) => [model, requests])).toEqual([
        ['sim-small', 3],
        ['sim-large', 2],
      ]);
      expect(data[0].share).toBeCloseTo(0.6, 9);
      expect(toNanos(totals.costUsd)).toBe(billed);
    });

    it('latencies are within their error of the rows', async () => {
      const { data, relativeError } = await read('latency');
      const sorted = rows.map(({ latencyMs }) => latencyMs).sort((a, b) => a - b);
      expect(data[0].latencyMs.count).toBe(rows.length);
      expect(Math.abs(data[0].latencyMs.p50 / sorted[2]! - 1)).toBeLessThanOrEqual(relativeError + 1e-6);
    });

    it('the dashboard tells the last 24 hours', async () => {
      const { periods, hours, top } = await read('dashboard');
      expect(toNanos(periods.last24Hours.costUsd)).toBe(billed);
      expect(sum(hours.map(({ costUsd }: UsageRow) => toNanos(costUsd)))).toBe(billed);
      expect(top.accounts).toMatchObject([{ account: tenant.accountId, requests: rows.length, share: 1 }]);
    });

    it('exports hold every row', async () => {
      const file = (format: string) =>
        tenant.admin.get(`/api/v1/reports/export?format=${format}&accountId=${tenant.accountId}`);
      const ndjson = await file('ndjson');
      const lines = ndjson.text.trimEnd().split('\n');
      expect(lines.map((line) => JSON.parse(line) as UsageRow)).toEqual(rows.toReversed());
      const csv = await file('csv');
      expect(csv.headers.get('content-type')).toMatch(/^text\/csv/);
      expect(csv.headers.get('content-disposition')).toMatch(/^attachment; filename="purser-usage-.*\.csv"$/);
      const [header, ...cells] = csv.text.trimEnd().split('\r\n');
      expect(header).toBe(Object.keys(rows[0]!).join(','));
      expect(cells.map((line) => line.split(',')[0])).toEqual(rows.toReversed().map(({ id }) => id));
    });

    it('an account that used nothing has reports of nothing', async () => {
      const { id } = await tenant.admin.create('accounts', { name: 'thrifty' });
      const { totals } = await tenant.admin.read(`reports/usage?accountId=${id}`);
      expect(totals).toMatchObject({ requests: 0, costUsd: '0' });
      const { data } = await tenant.admin.read(`reports/top?dimension=model&accountId=${id}`);
      expect(data).toEqual([]);
    });
  });
}
