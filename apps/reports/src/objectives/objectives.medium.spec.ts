import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { metrics, objectives, pageObjectives } from '@purser/contracts';
import type { Objective, RequestOf } from '@purser/contracts';
import { testDatabase } from '@purser/testing';
import { migrations } from '../migrations/index.ts';
import { TestCatalogue } from '../testing/test-catalogue.ts';

const catalogue = new TestCatalogue();
const { actor } = catalogue;
beforeAll(async () => catalogue.start(await testDatabase({ migrations, schema: 'reports' })));
afterAll(() => catalogue.stop());
beforeEach(async () => {
  await catalogue.empty();
  for (const metricId of ['revenue', 'churn']) await catalogue.addMetric(metricId);
});

type Input = RequestOf<typeof objectives.create>['input'];
const grow: Input = {
  id: 'grow',
  title: 'Grow',
  domain: 'Sales',
  owner: 'Ada',
  keyResults: [
    { title: 'More revenue', metricId: 'revenue', baseline: 100, target: 200, current: 150, unit: 'EUR' },
    { id: 'kr-1', title: 'Less churn', metricId: 'churn', baseline: 8, target: 4, current: 7 },
  ],
};
const create = (input: Input) => catalogue.client.request(objectives.create, { input, actor });
const change = (id: string, changes: RequestOf<typeof objectives.update>['changes'], ifMatch?: number) =>
  catalogue.client.request(objectives.update, { id, changes, ifMatch, actor });
const removeMetric = (id: string) => catalogue.client.request(metrics.remove, { id, actor });
const list = async (query: RequestOf<typeof pageObjectives> = {}) => {
  const { rows, total } = await catalogue.client.request(pageObjectives, query);
  return { data: JSON.parse(`[${rows}]`) as Objective[], total };
};

describe('an objective', () => {
  it('adds its key results up', async () => {
    const created = await create(grow);
    expect(created).toEqual({
      ...{ ...grow, description: '', status: 'active', startsAt: null, endsAt: null, version: 1 },
      keyResults: [
        { ...grow.keyResults![0], id: 'kr-2', progress: 50 },
        { ...grow.keyResults![1], unit: null, progress: 25 },
      ],
      progress: 38,
      ...{ createdAt: created.updatedAt, updatedAt: expect.stringMatching(/Z$/) },
    });
    expect(await catalogue.client.request(objectives.get, { id: 'grow' })).toEqual(created);
    expect((await list()).data).toEqual([created]);
    expect(await create({ title: 'Later' })).toMatchObject({ keyResults: [], progress: null });
  });

  it('moves with its key results, which are replaced all together', async () => {
    const { keyResults } = await create(grow);
    const [first] = keyResults.map(({ progress: _, ...each }) => each);
    const changed = await change('grow', { keyResults: [{ ...first!, current: 250 }], owner: null }, 1);
    expect(changed).toMatchObject({ progress: 100, owner: null, title: 'Grow', version: 2 });
    expect(changed.keyResults.map(({ id }) => id)).toEqual(['kr-2']);
    await expect(change('grow', { title: 'Late' }, 1)).rejects.toMatchObject({ code: 'precondition_failed' });
    await catalogue.client.request(objectives.remove, { id: 'grow', ifMatch: 2, actor });
    expect(await list()).toEqual({ data: [], total: 0 });
  });

  it('keeps the metrics that it is bound to', async () => {
    await create(grow);
    const bound = { code: 'conflict', details: { id: 'churn', objectives: ['grow'] } };
    await expect(removeMetric('churn')).rejects.toMatchObject(bound);
    await change('grow', { keyResults: [] });
    await removeMetric('churn');
  });

  it('is never bound to a metric that is removed at the same time', async () => {
    for (let round = 0; round < 5; round++) {
      const id = `o${round}`;
      const input = { id, title: id, keyResults: [{ title: 'x', metricId: 'churn', target: 1 }] };
      const [bound, removed] = await Promise.allSettled([create(input), removeMetric('churn')]);
      expect([bound.status, removed.status].sort()).toEqual(['fulfilled', 'rejected']);
      if (removed.status === 'fulfilled') return;
      await change(id, { keyResults: [] });
    }
  });

  it.each([
    ['keyResults[1].metricId', { keyResults: [grow.keyResults![0]!, { title: 'x', metricId: 'none', target: 1 }] }],
    ['input.keyResults[0].target', { keyResults: [{ title: 'x', metricId: 'churn', baseline: 1, target: 1 }] }],
    [
      'input.keyResults[1].id',
      { keyResults: [1, 2].map(() => ({ id: 'same', title: 'x', metricId: 'churn', target: 1 })) },
    ],
    ['input.endsAt', { startsAt: '2026-02-01T00:00:00Z', endsAt: '2026-01-01T00:00:00Z' }],
    ['input.keyResults', { keyResults: Array.from({ length: 21 }, () => grow.keyResults![0]!) }],
  ])('with a bad %s is refused', async (field, bad) => {
    await expect(create({ ...grow, ...bad })).rejects.toMatchObject({ code: 'invalid_request', details: { field } });
    expect((await list()).total).toBe(0);
  });

  it('whose times contradict one another only with a change is refused too', async () => {
    await create({ ...grow, startsAt: '2026-02-01T00:00:00Z' });
    const changed = change('grow', { endsAt: '2026-01-01T00:00:00Z' });
    await expect(changed).rejects.toMatchObject({ code: 'invalid_request', details: { field: 'endsAt' } });
  });

  it('is found by domain, owner, status and the metric that it is bound to', async () => {
    await create(grow);
    await create({ id: 'keep', title: 'Keep', status: 'draft', domain: 'Support', keyResults: [grow.keyResults![1]!] });
    const ids = async (query: RequestOf<typeof pageObjectives>) => (await list(query)).data.map(({ id }) => id);
    expect(await ids({ domain: 'Sales' })).toEqual(['grow']);
    expect(await ids({ owner: 'Ada' })).toEqual(['grow']);
    expect(await ids({ status: 'draft' })).toEqual(['keep']);
    expect(await ids({ metricId: 'churn', sort: '-title' })).toEqual(['keep', 'grow']);
    expect(await ids({ metricId: 'revenue' })).toEqual(['grow']);
    expect(await ids({ metricId: '"' })).toEqual([]);
    expect(await ids({ page: 2, limit: 1 })).toEqual(['keep']);
  });
});
