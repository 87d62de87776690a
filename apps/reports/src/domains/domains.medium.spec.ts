import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { domains, pageDomains, pageMetrics } from '@purser/contracts';
import type { Domain, Metric, RequestOf } from '@purser/contracts';
import { testDatabase } from '@purser/testing';
import { v7 as uuidv7 } from 'uuid';
import { migrations } from '../migrations/index.ts';
import { TestCatalogue } from '../testing/test-catalogue.ts';

const catalogue = new TestCatalogue();
const { actor } = catalogue;
beforeAll(async () => catalogue.start(await testDatabase({ migrations, schema: 'reports' })));
afterAll(() => catalogue.stop());
beforeEach(() => catalogue.empty());

const create = (input: RequestOf<typeof domains.create>['input'], idempotencyKey?: string) =>
  catalogue.client.request(domains.create, { input, actor, idempotencyKey });
const change = (id: string, changes: RequestOf<typeof domains.update>['changes'], ifMatch?: number) =>
  catalogue.client.request(domains.update, { id, changes, ifMatch, actor });
const get = (id: string) => catalogue.client.request(domains.get, { id });
const list = async (query: RequestOf<typeof pageDomains> = {}) => {
  const { rows, total } = await catalogue.client.request(pageDomains, query);
  return { data: JSON.parse(`[${rows}]`) as Domain[], total };
};
const addMetric = (metricId: string, businessDomain: string) => catalogue.addMetric(metricId, { businessDomain });
const metricsOf = async (domain: string) => {
  const { rows } = await catalogue.client.request(pageMetrics, { domain });
  return (JSON.parse(`[${rows}]`) as Metric[]).map(({ metricId }) => metricId);
};

describe('a domain', () => {
  it('is created with an id of its own or one that is made, changed, and removed', async () => {
    const created = await create({ id: 'sales', name: 'Sales', owner: 'Ada' });
    expect(created).toEqual({
      ...{ id: 'sales', name: 'Sales', description: '', owner: 'Ada', metrics: 0, version: 1 },
      ...{ createdAt: created.updatedAt, updatedAt: expect.stringMatching(/Z$/) },
    });
    expect((await create({ name: 'Support' })).id).toMatch(/^[0-9a-f-]{36}$/);
    const changed = await change('sales', { owner: null, description: 'Sells.' }, 1);
    expect(changed).toEqual({
      ...created,
      owner: null,
      description: 'Sells.',
      version: 2,
      updatedAt: changed.updatedAt,
    });
    await expect(change('sales', {}, 1)).rejects.toMatchObject({ code: 'precondition_failed' });
    await catalogue.client.request(domains.remove, { id: 'sales', actor });
    await expect(get('sales')).rejects.toMatchObject({ code: 'not_found' });
  });

  it('has the metrics that name it, by its id or its name', async () => {
    await create({ id: 'sales', name: 'Sales & more' });
    await create({ id: 'other', name: 'Other' });
    await addMetric('by-id', 'sales');
    await addMetric('by-name', 'Sales & more');
    await addMetric('free', 'Nobody');
    expect((await get('sales')).metrics).toBe(2);
    expect((await list()).data.map(({ id, metrics }) => [id, metrics])).toEqual([
      ['other', 0],
      ['sales', 2],
    ]);
    expect(await metricsOf('sales')).toEqual(['by-id', 'by-name']);
    expect(await metricsOf('Sales & more')).toEqual(['by-id', 'by-name']);
    expect(await metricsOf('Nobody')).toEqual(['free']);
    expect(await metricsOf('Other')).toEqual([]);
  });

  it.each([
    ['id', { id: 'sales', name: 'New' }],
    ['id', { id: 'Sales', name: 'New' }],
    ['name', { name: 'Sales' }],
    ['name', { id: 'new', name: 'sales' }],
  ])('whose %s another one has as id or name is refused: %j', async (field, input) => {
    await create({ id: 'sales', name: 'Sales' });
    await expect(create(input)).rejects.toMatchObject({ code: 'conflict', details: { field } });
    await create({ id: 'third', name: 'Third' });
    if (field === 'name') {
      await expect(change('third', { name: input.name })).rejects.toMatchObject({ code: 'conflict' });
    }
    await change('sales', { name: 'sales' });
  });

  it('is listed by name and owner, page by page', async () => {
    for (const id of ['a', 'b', 'c', 'd']) await create({ id, name: `Domain ${id}`, owner: id === 'd' ? null : 'Ada' });
    const ids = async (query: RequestOf<typeof pageDomains>) => (await list(query)).data.map(({ id }) => id);
    expect(await ids({ owner: 'Ada', sort: '-name' })).toEqual(['c', 'b', 'a']);
    expect(await ids({ name: 'Domain d' })).toEqual(['d']);
    expect(await ids({ page: 2, limit: 3, sort: 'createdAt' })).toEqual(['d']);
    expect(await list({ page: 1e13 })).toEqual({ data: [], total: 4 });
  });

  it('is made once for an Idempotency-Key', async () => {
    const key = uuidv7();
    expect(await create({ name: 'Once' }, key)).toEqual(await create({ name: 'Once' }, key));
    expect((await list()).total).toBe(1);
  });
});
