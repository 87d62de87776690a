import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@purser/testing';
import type { Stack } from '../stack/stack.ts';
import { Api, type ApiAnswer } from '../tenant/api.ts';
import { Tenant } from '../tenant/tenant.ts';
import { Organization, type Held } from '../tenant/organization.ts';

const owned = ['accounts', 'keys', 'budgets'] as const;
const changes = { accounts: { name: 'taken over' }, keys: { name: 'taken over' }, budgets: { limitUsd: '0' } };

/** What each role sees and may do, in a tree of accounts beside a foreign one. */
export function roles(stack: () => Stack): void {
  describe('the roles', () => {
    let org: Organization;
    beforeAll(async () => {
      org = await Organization.create(stack());
    });

    /** All pages of a list, two rows each, and what the pages say of themselves. */
    async function everything(api: Api, resource: string, query = ''): Promise<string[]> {
      const ids: string[] = [];
      for (let page = 1, pages = 1; page <= pages; page += 1) {
        const { data, pagination } = await api.read(`${resource}?limit=2&page=${page}${query}`);
        ids.push(...data.map(({ id }: Held) => id));
        pages = pagination.pages;
        expect(pagination.hasNext).toBe(page < pages);
        if (page === pages) expect(pagination.total).toBe(ids.length);
      }
      return ids.sort();
    }

    it.each(owned)('list of %s exactly what is seen, with totals and pages of that', async (resource) => {
      const { organization, team, project, foreign } = org.parts;
      const ids = (...parts: (typeof team)[]) => parts.flatMap((part) => part[resource].map(({ id }) => id)).sort();
      expect(await everything(org.manager, resource)).toEqual(ids(team, project));
      expect(await everything(org.viewer, resource)).toEqual(ids(team, project));
      expect(await everything(org.member, resource)).toEqual(ids(team));
      const by = resource === 'accounts' ? 'parentId' : 'accountId';
      for (const { account } of [organization, foreign]) {
        const other = await everything(org.manager, resource, `&${by}=${account.id}`);
        expect(other).toEqual(resource === 'accounts' && account === organization.account ? ids(team) : []);
        const upper = await everything(org.viewer, resource, `&${by}=${account.id.toUpperCase()}`);
        expect(upper).toEqual(other);
      }
      const admin = await org.admin.read(`${resource}?limit=1`);
      expect(admin.pagination.total).toBeGreaterThanOrEqual(ids(organization, team, project, foreign).length);
    });

    it.each(owned)('tell nobody whether %s exist that it does not see', async (resource) => {
      const unknown = crypto.randomUUID();
      const { organization, foreign } = org.parts;
      const hidden = [organization, foreign].map((part) => part[resource][0]!.id);
      const body = changes[resource];
      const ask: Readonly<Record<string, (id: string) => Promise<ApiAnswer>>> = {
        'manager reads': (id) => org.manager.get(`/api/v1/${resource}/${id}`, { 'x-request-id': 'same' }),
        'member reads': (id) => org.member.get(`/api/v1/${resource}/${id}`, { 'x-request-id': 'same' }),
        'viewer reads': (id) => org.viewer.get(`/api/v1/${resource}/${id}`, { 'x-request-id': 'same' }),
        'manager changes': (id) => org.manager.patch(`/api/v1/${resource}/${id}`, body, { 'x-request-id': 'same' }),
        'manager removes': (id) => org.manager.delete(`/api/v1/${resource}/${id}`, { 'x-request-id': 'same' }),
      };
      for (const [who, request] of Object.entries(ask)) {
        const expected = await request(unknown);
        expect([who, expected.status]).toEqual([who, 404]);
        for (const id of [...hidden, ...hidden.map((each) => each.toUpperCase())]) {
          const { status, text } = await request(id);
          expect([who, status, text]).toEqual([who, 404, expected.text.replaceAll(unknown, id)]);
        }
      }
      for (const who of [org.member, org.viewer]) {
        for (const id of [unknown, ...hidden, org.parts.team[resource][0]!.id]) {
          expect((await who.patch(`/api/v1/${resource}/${id}`, body)).status).toBe(403);
          expect((await who.delete(`/api/v1/${resource}/${id}`)).status).toBe(403);
        }
      }
    });

    it('let nobody climb', async () => {
      const { organization, team, project, foreign } = org.parts;
      const before = await org.state();
      const [own, above] = [team.account.id, organization.account.id];
      const keyOf = (part: typeof team): string => part.keys[0]!.id;
      const version = { 'if-match': '"2"' };
      const refused: readonly (readonly [string, Promise<ApiAnswer>, number])[] = [
        ['admin key', org.manager.post('/api/v1/keys', { accountId: own, name: 'x', role: 'admin' }), 403],
        ['admin by change', org.manager.patch(`/api/v1/keys/${keyOf(project)}`, { role: 'admin' }), 403],
        ['to the root', org.manager.patch(`/api/v1/accounts/${own}`, { parentId: null }), 403],
        ['to a friend', org.manager.patch(`/api/v1/accounts/${own}`, { parentId: foreign.account.id }), 403],
        ['child out', org.manager.patch(`/api/v1/accounts/${project.account.id}`, { parentId: above }), 400],
        ['child to the root', org.manager.patch(`/api/v1/accounts/${project.account.id}`, { parentId: null }), 403],
        ['a root', org.manager.post('/api/v1/accounts', { name: 'x' }), 403],
        ["parent's key", org.manager.patch(`/api/v1/keys/${keyOf(organization)}`, { role: 'viewer' }), 404],
        [
          "parent's key, any version",
          org.manager.delete(`/api/v1/keys/${keyOf(organization)}`, { 'if-match': '*' }),
          404,
        ],
        ['stale version', org.manager.patch(`/api/v1/keys/${keyOf(project)}`, { name: 'x' }, version), 412],
        ['own key', org.manager.patch(`/api/v1/keys/${org.managerKeyId}`, { expiresAt: null }), 403],
        ['own account', org.manager.patch(`/api/v1/accounts/${own}`, { disabled: true }), 403],
        ['own account gone', org.manager.delete(`/api/v1/accounts/${own}`), 403],
        ['foreign budget', org.manager.post('/api/v1/budgets', budgetFor(foreign.account.id)), 400],
        ['foreign key', org.manager.post('/api/v1/keys', { accountId: foreign.account.id, name: 'x' }), 400],
        ['member writes', org.member.patch(`/api/v1/keys/${keyOf(team)}`, { role: 'manager' }), 403],
        ['member creates', org.member.post('/api/v1/keys', { accountId: own, name: 'x' }), 403],
        ['viewer creates', org.viewer.post('/api/v1/budgets', budgetFor(own)), 403],
        ['shared', org.manager.post('/api/v1/routes', { name: 'x', strategy: 'priority', targets: [] }), 403],
        ['providers', org.member.get('/api/v1/providers'), 403],
        ['leases', org.member.get('/api/v1/leases'), 403],
        ['release', org.manager.post(`/api/v1/leases/${own}/release`, { as: 'unspent' }), 403],
      ];
      for (const [what, answer, status] of refused) expect([what, (await answer).status]).toEqual([what, status]);
      expect(await org.state()).toEqual(before);
      const words = async (accountId: string): Promise<string> =>
        (await org.manager.post('/api/v1/budgets', budgetFor(accountId), { 'x-request-id': 'same' })).text;
      expect(await words(foreign.account.id)).toBe(await words(crypto.randomUUID()));
    });

    it('can be asked for no other accounts than those that are seen', async () => {
      const lists = [...owned, 'ledger', 'leases', 'usage', 'reports/usage', 'reports/latency', 'reports/dashboard'];
      const exported = await org.manager.get(
        `/api/v1/reports/export?format=csv&visibleTo=${org.parts.foreign.account.id}`,
      );
      expect([exported.status, exported.body.field]).toEqual([400, 'visibleTo']);
      for (const path of lists) {
        const answer = await org.manager.get(`/api/v1/${path}?visibleTo=${org.parts.foreign.account.id}`);
        expect([path, answer.status, answer.body.field]).toEqual([path, 400, 'visibleTo']);
      }
    });

    it('let all but viewers call models', async () => {
      for (const api of [org.admin, org.manager, org.member]) expect((await api.get('/v1/models')).status).toBe(200);
      const refused = await org.viewer.get('/v1/models');
      expect([refused.status, refused.body.error.code]).toEqual([403, 'forbidden']);
      const chat = { model: 'none/none', messages: [{ role: 'user', content: 'x' }] };
      expect((await org.viewer.post('/v1/chat/completions', chat)).status).toBe(403);
      expect((await org.member.post('/v1/chat/completions', chat)).status).toBe(404);
    });

    it('let a manager run its part: accounts, keys that work, budgets', async () => {
      const { team } = org.parts;
      const account = await org.manager.create('accounts', { name: 'new', parentId: team.account.id.toUpperCase() });
      expect(account.path.slice(-2)).toEqual([team.account.id, account.id]);
      const key = await org.manager.create('keys', { accountId: account.id, name: 'new' });
      const budget = await org.manager.create('budgets', budgetFor(account.id));
      const url = stack().gateways[0]!;
      expect((await new Api(url, key.key).get('/v1/models')).status).toBe(200);
      expect((await new Api(url, key.key).read('accounts')).data).toMatchObject([{ id: account.id }]);
      expect((await org.manager.patch(`/api/v1/budgets/${budget.id}`, { limitUsd: '2' })).body.limitUsd).toBe('2');
      expect((await org.manager.patch(`/api/v1/accounts/${account.id}`, { disabled: true })).status).toBe(200);
      expect((await new Api(url, key.key).get('/v1/models')).status).toBe(401);
      expect((await org.manager.get(`/api/v1/accounts/${account.id}`)).body.disabled).toBe(true);
      for (const path of [`keys/${key.id}`, `budgets/${budget.id}`, `accounts/${account.id}`]) {
        expect([path, (await org.manager.delete(`/api/v1/${path}`)).status]).toEqual([path, 204]);
      }
      expect((await org.manager.get(`/api/v1/accounts/${account.id}`)).status).toBe(404);
    });

    it('end with the key: when it expires, and while an account above it is disabled', async () => {
      const { organization, team } = org.parts;
      const expiresAt = new Date(Date.now() + 1_500).toISOString();
      const input = { accountId: team.account.id, name: 'short', role: 'manager', expiresAt };
      const short = new Api(stack().gateways[0]!, (await org.admin.create('keys', input)).key);
      await waitUntil(async () => (await short.get('/api/v1/accounts')).status === 401, {
        ...{ timeoutMs: 10_000, what: 'the key has expired' },
      });
      const path = `/api/v1/accounts/${organization.account.id}`;
      await org.admin.patch(path, { disabled: true });
      const whileDisabled = await Promise.all([org.manager, org.viewer].map((api) => api.get('/api/v1/accounts')));
      await org.admin.patch(path, { disabled: false });
      expect(whileDisabled.map(({ status }) => status)).toEqual([401, 401]);
      expect((await org.manager.get('/api/v1/accounts')).status).toBe(200);
    });

    describe('and an account that moves', () => {
      let tenant: Tenant;
      beforeAll(async () => {
        tenant = await Tenant.create(stack(), { limitUsd: '0.01' });
        await tenant.client().chat.completions.create({
          ...{ model: tenant.model(), messages: [{ role: 'user', content: 'Count me' }], max_tokens: 16 },
        });
        await tenant.usageAddingUpTo(tenant.billed());
        await tenant.settledWindow();
      });
      afterAll(() => tenant?.close());

      /** Of each list, whether rows of the tenant are in it. */
      async function seenBy(api: Api): Promise<Record<string, boolean>> {
        const seen: Record<string, boolean> = {};
        for (const path of ['keys?limit=100', 'budgets?limit=100', 'usage', 'ledger', 'leases?all=true']) {
          const { data } = await api.read(path);
          seen[path] = data.some(({ accountId }: { accountId: string }) => accountId === tenant.accountId);
        }
        const top = await api.read('reports/top?dimension=account&limit=100');
        seen['top'] = top.data.some(({ account }: { account: string }) => account === tenant.accountId);
        seen['sums'] = (await api.read(`reports/usage?accountId=${tenant.accountId}`)).totals.requests > 0;
        for (const path of [`accounts/${tenant.accountId}`, `keys/${tenant.keyId}`, `budgets/${tenant.budgetId}`]) {
          seen[path.split('/')[0]!] = (await api.get(`/api/v1/${path}`)).status === 200;
        }
        return seen;
      }
      const moveTo = (parentId: string | null): Promise<ApiAnswer> =>
        tenant.admin.patch(`/api/v1/accounts/${tenant.accountId}`, { parentId });
      const allOf = (seen: Record<string, boolean>): boolean[] => [...new Set(Object.values(seen))];

      it('takes what happened to it along, into what is seen and out of it', async () => {
        const managers = stack().gateways.map((url) => org.as('manager', url));
        for (const manager of managers) expect(allOf(await seenBy(manager))).toEqual([false]);
        expect((await moveTo(org.parts.project.account.id)).status).toBe(200);
        for (const manager of managers) expect(allOf(await seenBy(manager))).toEqual([true]);
        expect((await org.member.get(`/api/v1/accounts/${tenant.accountId}`)).status).toBe(404);
        expect((await org.member.read(`usage?accountId=${tenant.accountId}`)).data).toEqual([]);
        expect((await moveTo(null)).status).toBe(200);
        for (const manager of managers) expect(allOf(await seenBy(manager))).toEqual([false]);
      });
    });
  });
}

function budgetFor(accountId: string): object {
  return { accountId, limitUsd: '1', window: 'day' };
}
