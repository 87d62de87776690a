import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@purser/testing';
import type { Stack } from '../stack/stack.ts';
import { Api } from '../tenant/api.ts';
import { sum, toNanos } from '../tenant/nanos.ts';
import { Tenant } from '../tenant/tenant.ts';

/** The way of an operator through `/api/v1`. */
export function controlPlane(stack: () => Stack): void {
  const admin = (): Api => new Api(stack().gateways[0]!, stack().adminKey);

  describe('the control plane', () => {
    it('takes keys, by either header, and shows a member its own account alone', async () => {
      const account = await admin().create('accounts', { name: 'who may call' });
      const member = await admin().create('keys', { accountId: account.id, name: 'member' });
      expect(member).toMatchObject({ role: 'member', disabled: false, expiresAt: null });
      expect((await new Api(stack().gateways[0]!, '').get('/api/v1/accounts')).status).toBe(401);
      expect((await new Api(stack().gateways[0]!, 'not-a-key').get('/api/v1/accounts')).status).toBe(401);
      const ways: Record<string, string>[] = [{ 'x-api-key': member.key }, { authorization: `bearer ${member.key}` }];
      for (const headers of ways) {
        const seen = await new Api(stack().gateways[0]!, '').get('/api/v1/accounts', headers);
        expect([seen.status, seen.body.data.map(({ id }: { id: string }) => id)]).toEqual([200, [account.id]]);
      }
      const refused = await new Api(stack().gateways[0]!, member.key).post('/api/v1/accounts', { name: 'more' });
      expect([refused.status, refused.headers.get('content-type'), refused.body.code]).toEqual([
        ...[403, expect.stringContaining('application/problem+json'), 'forbidden'],
      ]);
    });

    it('creates with 201 and Location, changes, and deletes what has no history', async () => {
      const created = await admin().post('/api/v1/accounts', { name: 'to be changed', kind: 'team' });
      const { id } = created.body;
      expect([created.status, created.headers.get('location')]).toEqual([201, `/api/v1/accounts/${id}`]);
      expect(created.body).toMatchObject({ name: 'to be changed', kind: 'team', parentId: null, path: [id] });
      expect((await admin().patch(`/api/v1/accounts/${id}`, { name: 'changed' })).body).toMatchObject({
        name: 'changed',
      });
      expect((await admin().get(`/api/v1/accounts/${id}`)).body).toMatchObject({ name: 'changed', kind: 'team' });
      const gone = await admin().delete(`/api/v1/accounts/${id}`);
      expect([gone.status, gone.text]).toEqual([204, '']);
      const missing = await admin().get(`/api/v1/accounts/${id}`);
      expect([missing.status, missing.body.code]).toEqual([404, 'not_found']);
    });

    it('answers a read again with 304, and refuses a write that is late', async () => {
      const { id } = await admin().create('accounts', { name: 'versions' });
      const path = `/api/v1/accounts/${id}`;
      const etag = (await admin().get(path)).headers.get('etag')!;
      expect((await admin().get(path, { 'if-none-match': etag })).status).toBe(304);
      expect((await admin().patch(path, { name: 'second' }, { 'if-match': etag })).status).toBe(200);
      expect((await admin().patch(path, { name: 'third' }, { 'if-match': etag })).status).toBe(412);
      expect((await admin().get(path, { 'if-none-match': etag })).body).toMatchObject({ name: 'second' });
    });

    it('does once what is asked twice with one Idempotency-Key', async () => {
      const key = { 'idempotency-key': `e2e-${Date.now()}` };
      const [first, second] = [
        await admin().post('/api/v1/accounts', { name: 'once' }, key),
        await admin().post('/api/v1/accounts', { name: 'once' }, key),
      ];
      expect([first.status, second.status]).toEqual([201, 201]);
      expect(second.body).toEqual(first.body);
      expect((await admin().post('/api/v1/accounts', { name: 'another' }, key)).status).toBe(409);
    });

    it('pages lists, with links that keep the query', async () => {
      const parent = await admin().create('accounts', { name: 'parent' });
      for (const name of ['a', 'b', 'c']) await admin().create('accounts', { name, parentId: parent.id });
      const page = await admin().get(`/api/v1/accounts?parentId=${parent.id}&limit=2&sort=-name`);
      expect(page.body.data.map(({ name }: { name: string }) => name)).toEqual(['c', 'b']);
      expect(page.body.pagination).toEqual({ page: 1, limit: 2, total: 3, pages: 2, hasNext: true, hasPrev: false });
      const header = (name: string): string | null => page.headers.get(name);
      expect([header('x-total-count'), header('x-page'), header('x-per-page'), header('x-total-pages')]).toEqual([
        ...['3', '1', '2', '2'],
      ]);
      const next = /<([^>]+)>; rel="next"/.exec(header('link')!)![1]!;
      const { pathname, search } = new URL(next, stack().gateways[0]);
      const second = await admin().get(pathname + search);
      expect(second.body.data.map(({ name }: { name: string }) => name)).toEqual(['a']);
      expect((await admin().delete(`/api/v1/accounts/${parent.id}`)).status).toBe(409);
    });

    it('describes itself, and is probed without a key', async () => {
      const anybody = new Api(stack().gateways[0]!, '');
      for (const probe of ['live', 'ready', 'startup']) {
        expect((await anybody.get(`/health/${probe}`)).status).toBe(200);
      }
      const metrics = await anybody.get('/metrics');
      expect([metrics.status, metrics.text]).toEqual([200, expect.stringContaining('# TYPE ')]);
      const openapi = await anybody.get('/openapi.json');
      expect(openapi.body).toMatchObject({ openapi: expect.stringMatching(/^3\.1/) });
      expect(Object.keys(openapi.body.paths)).toEqual(expect.arrayContaining(['/api/v1/accounts', '/api/v1/budgets']));
    });
  });

  describe('from an account to its ledger', () => {
    let tenant: Tenant;
    beforeAll(async () => {
      tenant = await Tenant.create(stack(), { limitUsd: '0.01' });
    });
    afterAll(() => tenant?.close());

    it('counts what a key spends, in the budget, the usage, the ledger, the leases and the report', async () => {
      const from = new Date(Date.now() - 3_600_000).toISOString();
      for (const name of ['sim-small', 'sim-large', 'sim-small']) {
        await tenant.client().chat.completions.create({
          ...{ model: tenant.model(name), messages: [{ role: 'user', content: 'Count me' }], max_tokens: 32 },
        });
      }
      const leases = await tenant.admin.readLog('leases', { budgetId: tenant.budgetId, all: 'true' });
      expect(leases[0]).toMatchObject({ accountId: tenant.accountId, sessionState: 'live', stranded: false });
      const billed = tenant.billed();
      const window = await tenant.settledWindow();
      expect(window).toMatchObject({ endsAt: null, heldUsd: '0', overrunUsd: '0', limitUsd: '0.01' });
      expect(toNanos(window.settledUsd)).toBe(billed);
      expect(toNanos(window.remainingUsd)).toBe(toNanos('0.01') - billed);

      const rows = await tenant.usageAddingUpTo(billed);
      expect(rows.map(({ model }) => model)).toEqual(['sim-small', 'sim-large', 'sim-small']);
      const ledger = await tenant.admin.readLog('ledger', { budgetId: tenant.budgetId });
      expect(sum(ledger.map(({ settledUsd }) => toNanos(settledUsd)))).toBe(billed);
      expect(sum(ledger.map(({ heldUsd }) => toNanos(heldUsd)))).toBe(0n);
      expect(new Set(ledger.map(({ kind }) => kind))).toEqual(new Set(['grant', 'settle', 'return']));

      const report = await waitUntil(
        async () => {
          const query = new URLSearchParams({ accountId: tenant.accountId, from, interval: 'hour', groupBy: 'model' });
          const { data } = await tenant.admin.read(`reports/usage?${query.toString()}`);
          return sum(data.map(({ costUsd }: { costUsd: string }) => toNanos(costUsd))) === billed && data;
        },
        { timeoutMs: 10_000, what: 'the report adds up to what was billed' },
      );
      const requests = (name: string): number =>
        report
          .filter(({ model }: { model: string }) => model === name)
          .reduce((total: number, each: { requests: number }) => total + each.requests, 0);
      expect([requests('sim-small'), requests('sim-large')]).toEqual([2, 1]);
    });

    it('has what an operator changes in force when the answer comes', async () => {
      const complete = (): Promise<unknown> =>
        tenant.client({ maxRetries: 0 }).chat.completions.create({
          ...{ model: tenant.model(), messages: [{ role: 'user', content: 'Still?' }], max_tokens: 8 },
        });
      await complete();
      await tenant.admin.patch(`/api/v1/keys/${tenant.keyId}`, { disabled: true });
      await expect(complete()).rejects.toMatchObject({ status: 401 });
      await tenant.admin.patch(`/api/v1/keys/${tenant.keyId}`, { disabled: false });
      await complete();
      await tenant.admin.patch(`/api/v1/budgets/${tenant.budgetId}`, { limitUsd: '0.000000001' });
      await tenant.settledWindow();
      await expect(complete()).rejects.toMatchObject({ status: 402 });
    });

    it('archives what has history', async () => {
      await tenant.settledWindow();
      expect((await tenant.admin.delete(`/api/v1/accounts/${tenant.accountId}`)).status).toBe(409);
      for (const path of [`budgets/${tenant.budgetId}`, `keys/${tenant.keyId}`, `accounts/${tenant.accountId}`]) {
        expect([path, (await tenant.admin.delete(`/api/v1/${path}`)).status]).toEqual([path, 204]);
      }
      expect((await tenant.admin.get(`/api/v1/accounts/${tenant.accountId}`)).status).toBe(404);
      expect((await tenant.usage()).length).toBeGreaterThan(0);
    });
  });
}
