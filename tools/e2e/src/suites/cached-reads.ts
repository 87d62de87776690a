import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { waitUntil } from '@purser/testing';
import type { Stack } from '../stack/stack.ts';
import { Api } from '../tenant/api.ts';
import { Tenant } from '../tenant/tenant.ts';

const ROUNDS = 100;

/** Reads that are cached, as clients of all gateways see them while others write. */
export function cachedReads(stack: () => Stack): void {
  describe('cached reads', () => {
    const run = `cached-${randomBytes(5).toString('hex')}`;
    let apis: Api[];
    /** The gateway of a round; the next round's is another, where there are several. */
    const gateway = (round: number): Api => apis[round % apis.length]!;
    beforeAll(() => {
      apis = stack().gateways.map((url) => new Api(url, stack().adminKey));
    });

    /** Others who read the same all the time, so that there is always something to be cached wrongly. */
    function readers(path: string): { stop(): Promise<void> } {
      let stopped = false;
      const read = async (api: Api): Promise<void> => {
        while (!stopped) await api.read(path);
      };
      const all = Promise.all([...apis, ...apis].map(read));
      return {
        stop: async () => {
          stopped = true;
          await all;
        },
      };
    }

    describe('of the catalogue', () => {
      const list = `metrics?category=${run}&limit=12`;
      let others: { stop(): Promise<void> };
      beforeAll(async () => {
        const metric = { metricId: `${run}.m`, name: 'first', description: '', category: run, tier: '1' };
        await gateway(0).create('metrics', { ...metric, businessDomain: run });
        others = readers(list);
      });
      afterAll(() => others?.stop());

      it('show a write through one gateway in the next read through any other', async () => {
        for (let round = 0; round < ROUNDS; round++) {
          const name = `name ${round}`;
          const changed = await gateway(round).patch(`/api/v1/metrics/${run}.m`, { name });
          expect(changed.status).toBe(200);
          for (const api of apis) {
            expect((await api.read(list)).data[0]).toMatchObject({ name });
            expect(await api.read(`metrics/${run}.m`)).toMatchObject({ name });
          }
        }
      });

      it('show what comes and goes in lists, searches and counts at once', async () => {
        for (let round = 0; round < 20; round++) {
          const id = `${run}.of-${round}`;
          const input = { metricId: id, name: id, description: '', category: run, tier: '2', businessDomain: run };
          await gateway(round).create('metrics', input);
          const counted = async (api: Api) => [
            (await api.read(list)).pagination.total,
            (await api.read(`metrics/search?q=${run}&category=${run}&tier=2`)).pagination.total,
          ];
          for (const api of apis) expect(await counted(api)).toEqual([2, 1]);
          expect((await gateway(round + 1).delete(`/api/v1/metrics/${id}`)).status).toBe(204);
          for (const api of apis) expect(await counted(api)).toEqual([1, 0]);
        }
      });
    });

    it('of accounts and keys show each write at once, and let in nobody who was shut out', async () => {
      const account = await gateway(0).create('accounts', { name: run });
      const key = await gateway(0).create('keys', { accountId: account.id, name: run, role: 'viewer' });
      for (let round = 0; round < ROUNDS / 4; round++) {
        const name = `${run} ${round}`;
        await gateway(round).patch(`/api/v1/accounts/${account.id}`, { name });
        const disabled = round % 2 === 0;
        await gateway(round).patch(`/api/v1/keys/${key.id}`, { disabled });
        for (const { url } of apis) {
          const [own, admin] = [new Api(url, key.key), new Api(url, stack().adminKey)];
          expect((await own.get('/api/v1/accounts')).status).toBe(disabled ? 401 : 200);
          expect(await admin.read(`accounts/${account.id}`)).toMatchObject({ name });
          expect((await admin.read(`keys?accountId=${account.id}`)).data).toMatchObject([{ disabled }]);
        }
      }
    });

    it('of sums show what was used through every gateway, and are hits where nothing was', async () => {
      const tenant = await Tenant.create(stack());
      const path = `reports/usage?accountId=${tenant.accountId}`;
      const others = readers(path);
      try {
        for (let used = 1; used <= 5; used++) {
          await tenant.client().chat.completions.create({
            ...{ model: tenant.model('sim-small'), messages: [{ role: 'user', content: run }], max_tokens: 8 },
          });
          for (const api of apis) {
            const isSummed = async () => (await api.read(path)).totals.requests === used;
            await waitUntil(isSummed, { timeoutMs: 10_000, what: `${api.url} has summed up ${used} requests` });
          }
        }
      } finally {
        await others.stop();
        await tenant.close();
      }
      for (const api of apis) {
        const isHit = async () => (await api.get(`/api/v1/${path}`)).headers.get('x-cache') === 'HIT';
        await waitUntil(isHit, { timeoutMs: 10_000, what: `${api.url} has kept the sums` });
        expect((await api.read(path)).totals.requests).toBe(5);
      }
    });

    it('are told apart by who asks: an account that moved is seen where it is, and no longer where it was', async () => {
      const [from, to] = [
        await gateway(0).create('accounts', { name: run }),
        await gateway(0).create('accounts', { name: run }),
      ];
      const moved = await gateway(0).create('accounts', { name: 'moved', parentId: from.id });
      const viewers = [from, to].map(async ({ id }) => {
        const { key } = await gateway(0).create('keys', { accountId: id, name: run, role: 'viewer' });
        return key as string;
      });
      const [before, after] = await Promise.all(viewers);
      const seen = async (url: string, key: string) => {
        const { data } = await new Api(url, key).read('accounts');
        return data.some(({ id }: { id: string }) => id === moved.id) as boolean;
      };
      for (let round = 0; round < 20; round++) {
        const [parent, sees, not] = round % 2 === 0 ? [to, after!, before!] : [from, before!, after!];
        expect((await gateway(round).patch(`/api/v1/accounts/${moved.id}`, { parentId: parent.id })).status).toBe(200);
        for (const { url } of apis) expect([await seen(url, sees), await seen(url, not)]).toEqual([true, false]);
      }
    });
  });
}
