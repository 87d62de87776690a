import { beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import type { Stack } from '../stack/stack.ts';
import { Api } from '../tenant/api.ts';

type Entry = Readonly<Record<string, unknown>>;

/** The metric catalogue, from a definition to its policy, and as a file that is larger than a message. */
export function catalogue(stack: () => Stack): void {
  describe('the metric catalogue', () => {
    const run = `e2e-${randomBytes(5).toString('hex')}`;
    const metric = (name: string, more: Entry = {}) => ({
      ...{ metricId: `${run}.${name}`, name: `Share of ${name}`, description: '', category: run, tier: 'gold' },
      ...{ businessDomain: run, ...more },
    });
    let admin: Api;
    beforeAll(() => {
      admin = new Api(stack().gateways[0]!, stack().adminKey);
    });
    const idsOf = async (query: string): Promise<string[]> =>
      (await admin.read(`metrics?${query}`)).data.map(({ metricId }: { metricId: string }) => metricId);

    it('keeps a definition, finds it, and judges by its targets', async () => {
      const input = metric('answers', {
        ...{ definition: { expectedDirection: 'higher' }, targets: { target: 99, warning: 95 }, tags: [run, 'kept'] },
        ...{ version: '1.2', governance: { steward: 'Ada', note: null } },
      });
      const created = await admin.post('/api/v1/metrics', input);
      expect(created).toMatchObject({ status: 201, body: { ...input, revision: 1 } });
      const path = created.headers.get('location')!;
      const tag = created.headers.get('etag')!;
      const changed = await admin.patch(path, { version: '1.3', governance: null }, { 'if-match': tag });
      expect(changed).toMatchObject({ status: 200, body: { version: '1.3', revision: 2 } });
      expect(changed.body).not.toHaveProperty('governance');
      expect((await admin.patch(path, { tier: 'tin' }, { 'if-match': tag })).status).toBe(412);
      expect(await idsOf(`tags=${run},kept&tier=gold&domain=${run}`)).toEqual([input.metricId]);
      expect((await admin.read(`metrics/search?q=share%20answ&category=${run}`)).data).toMatchObject([
        { metricId: input.metricId, rank: expect.any(Number) },
      ]);
      const policy = await admin.get(`${path}/policy`, { accept: 'text/plain' });
      expect(policy.text).toMatch(/^package purser\.metrics\.m_e2e_2d_\w+\n\nimport rego\.v1\n/);
    });

    it('binds objectives to metrics, and counts the metrics of a domain', async () => {
      const { id } = await admin.create('metrics', metric('bound', { businessDomain: `${run}-domain` }));
      const domain = await admin.create('domains', { id: `${run}-domain`, name: `Domain of ${run}` });
      expect(await admin.read(`domains/${domain.id}`)).toMatchObject({ metrics: 1 });
      const keyResults = [{ title: 'Half way', metricId: id, baseline: 10, target: 20, current: 15 }];
      const objective = await admin.create('objectives', { title: 'Grow', domain: domain.id, keyResults });
      expect(objective).toMatchObject({ progress: 50, keyResults: [{ id: 'kr-1', progress: 50 }] });
      expect((await admin.delete(`/api/v1/metrics/${id}`)).status).toBe(409);
      const unknown = { title: 'No', keyResults: [{ ...keyResults[0], metricId: `${run}-none` }] };
      expect(await admin.post('/api/v1/objectives', unknown)).toMatchObject({
        ...{ status: 400, body: { field: 'keyResults[0].metricId' } },
      });
      expect((await admin.delete(`/api/v1/objectives/${objective.id}`)).status).toBe(204);
      expect((await admin.delete(`/api/v1/metrics/${id}`)).status).toBe(204);
    });

    it('takes thousands of definitions as one file, all or none, and gives them back', async () => {
      const entry = (n: number) => metric(`file-${n}`, { tags: [`${run}-file`], notes: `漢"🪙\\ ${'x'.repeat(500)}` });
      const file = { metrics: Array.from({ length: 2_000 }, (_, n) => entry(n)) };
      const bad = { metrics: [...file.metrics, metric('bad', { targets: { warning: 'low' } })] };
      expect(await admin.post('/api/v1/metrics/import', bad)).toMatchObject({
        ...{ status: 400, body: { field: 'metrics[2000].targets.warning' } },
      });
      const dry = await admin.post('/api/v1/metrics/import?dryRun=true', file);
      expect(dry).toMatchObject({ status: 200, body: { dryRun: true, metrics: { created: 2_000, updated: 0 } } });
      expect(await idsOf(`tags=${run}-file`)).toEqual([]);
      const written = await admin.post('/api/v1/metrics/import', file);
      expect(written).toMatchObject({ status: 200, body: { dryRun: false, metrics: { created: 2_000 } } });
      expect((await admin.read(`metrics?tags=${run}-file&page=3&limit=12`)).pagination).toEqual({
        ...{ page: 3, limit: 12, total: 2_000, pages: 167, hasNext: true, hasPrev: true },
      });
      const exported = await admin.read('metrics/export');
      const own = exported.metrics.filter(({ tags }: { tags: string[] }) => tags.includes(`${run}-file`));
      expect(own).toHaveLength(2_000);
      const again = await admin.post('/api/v1/metrics/import?mode=replace', exported);
      expect(again).toMatchObject({ status: 200, body: { changes: [], metrics: { created: 0, removed: 0 } } });
      const { headers } = await admin.get('/api/v1/metrics/export');
      const unchanged = await admin.get('/api/v1/metrics/export', { 'if-none-match': headers.get('etag')! });
      expect(unchanged.status).toBe(304);
    });
  });
}
