import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { metrics, pageDomains, pageMetrics, pageObjectives, searchMetrics } from '@purser/contracts';
import type { Metric, RequestOf } from '@purser/contracts';
import { testDatabase } from '@purser/testing';
import { v7 as uuidv7 } from 'uuid';
import { migrations } from '../migrations/index.ts';
import { TestCatalogue } from '../testing/test-catalogue.ts';

const revenue = {
  metricId: 'monthly-revenue',
  name: 'Monthly revenue',
  description: 'What customers paid within a calendar month.',
  category: 'finance',
  tier: 'Tier 1',
  businessDomain: 'Sales',
};

const catalogue = new TestCatalogue();
const { actor } = catalogue;
beforeAll(async () => catalogue.start(await testDatabase({ migrations, schema: 'reports' })));
afterAll(() => catalogue.stop());
beforeEach(() => catalogue.empty());

type Input = RequestOf<typeof metrics.create>['input'];
const create = (input: Partial<Input> = {}, idempotencyKey?: string) =>
  catalogue.client.request(metrics.create, { input: { ...revenue, ...input } as Input, actor, idempotencyKey });
const change = (id: string, changes: RequestOf<typeof metrics.update>['changes'], ifMatch?: number) =>
  catalogue.client.request(metrics.update, { id, changes, ifMatch, actor });
const remove = (id: string, ifMatch?: number) => catalogue.client.request(metrics.remove, { id, ifMatch, actor });
const get = (id: string) => catalogue.client.request(metrics.get, { id });
const rowsOf = (text: string): Metric[] => JSON.parse(`[${text}]`) as Metric[];
const ids = async (query: RequestOf<typeof pageMetrics> = {}) =>
  rowsOf((await catalogue.client.request(pageMetrics, query)).rows).map(({ metricId }) => metricId);
const found = async (q: string, query: Partial<RequestOf<typeof searchMetrics>> = {}) =>
  rowsOf((await catalogue.client.request(searchMetrics, { q, ...query })).rows);
const foundIds = async (q: string) => (await found(q)).map(({ metricId }) => metricId);

describe('a definition', () => {
  it('is kept as its author gave it, with defaults for what was left out', async () => {
    const sections = {
      governance: { steward: 'Ada', reviewed: false, level: 0, notes: '' },
      dimensions: ['region', { name: 'plan', values: [1, 2.5, null] }],
      precision: 2,
      relationships: null,
    };
    const created = await create({ ...sections, tags: ['money', 'a "quoted" tag'] });
    expect(created).toEqual({
      id: 'monthly-revenue',
      ...revenue,
      ...{ shortName: null, metricType: null, owner: null, definition: null, targets: null, version: null },
      ...{ status: 'active', tags: ['money', 'a "quoted" tag'] },
      ...sections,
      revision: 1,
      createdAt: created.updatedAt,
      updatedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    });
    expect(await get('monthly-revenue')).toEqual(created);
    expect(rowsOf((await catalogue.client.request(pageMetrics, {})).rows)).toEqual([created]);
  });

  it('changes field by field: what is named is replaced whole, null takes away, the rest stays', async () => {
    const created = await create({
      version: '1.2',
      owner: 'finance team',
      definition: { formula: 'sum(paid)', unit: 'EUR', expectedDirection: 'higher', window: 'month' },
      governance: { steward: 'Ada' },
      alignment: ['growth'],
      relationships: null,
    });
    const changed = await change('monthly-revenue', {
      version: '1.3',
      owner: null,
      definition: { unit: 'USD' },
      governance: null,
      lineage: { from: ['invoices'] },
    });
    const { governance: _gone, ...rest } = created;
    expect(changed).toEqual({
      ...rest,
      ...{ version: '1.3', owner: null, definition: { unit: 'USD' }, lineage: { from: ['invoices'] } },
      revision: 2,
      updatedAt: changed.updatedAt,
    });
    expect(await get('monthly-revenue')).toEqual(changed);
  });

  it('is changed and removed under the revision that was read, or not at all', async () => {
    const { revision } = await create();
    await change('monthly-revenue', { tier: 'Tier 2' }, revision);
    const late = { code: 'precondition_failed', details: { id: 'monthly-revenue', version: 2 } };
    await expect(change('monthly-revenue', { tier: 'Tier 3' }, revision)).rejects.toMatchObject(late);
    await expect(remove('monthly-revenue', revision)).rejects.toMatchObject(late);
    expect(await get('monthly-revenue')).toMatchObject({ tier: 'Tier 2', revision: 2 });
    await remove('monthly-revenue', 2);
    await expect(get('monthly-revenue')).rejects.toMatchObject({ code: 'not_found' });
    await expect(remove('monthly-revenue')).rejects.toMatchObject({ code: 'not_found' });
    await expect(change('monthly-revenue', {})).rejects.toMatchObject({ code: 'not_found' });
    await expect(get('a\0b')).rejects.toMatchObject({ code: 'not_found' });
  });

  it('with a number that would lose digits is refused by name, and so is such a change', async () => {
    const big = JSON.parse('12345678901234567890') as number;
    const refused = (field: string) => ({ code: 'invalid_request', details: { field } });
    await expect(create({ big })).rejects.toMatchObject(refused('input.big'));
    await create({ big: String(big) });
    await expect(change('monthly-revenue', { big: [big] })).rejects.toMatchObject(refused('changes.big[0]'));
    expect(await get('monthly-revenue')).toMatchObject({ big: String(big), revision: 1 });
  });

  it('exists once', async () => {
    await create();
    const twice = { code: 'conflict', details: { field: 'metricId', id: 'monthly-revenue' } };
    await expect(create({ name: 'Another' })).rejects.toMatchObject(twice);
    const created = await Promise.allSettled(Array.from({ length: 5 }, () => create({ metricId: 'raced' })));
    expect(created.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const each of created) if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'conflict' });
  });

  it('is made once for an Idempotency-Key', async () => {
    const key = uuidv7();
    const [first, second] = [await create({}, key), await create({}, key)];
    expect(second).toEqual(first);
    await expect(create({ name: 'Another' }, key)).rejects.toMatchObject({ code: 'idempotency_conflict' });
  });

  it('loses none of the changes that come at once', async () => {
    await create();
    const names = Array.from({ length: 8 }, (_, n) => `section${n}`);
    await Promise.all(names.map((name) => change('monthly-revenue', { [name]: true })));
    const stored = await get('monthly-revenue');
    expect(names.filter((name) => stored[name] === true)).toEqual(names);
    expect(stored.revision).toBe(9);
  });

  it.each([
    ['targets.warning', { definition: { expectedDirection: 'higher' }, targets: { target: 90, warning: 95 } }],
    ['targets.critical', { definition: { expectedDirection: 'lower' }, targets: { warning: 5, critical: 4 } }],
  ])('whose %s contradicts its direction is refused, also where the halves meet in a change', async (field, input) => {
    const refused = (path: string) => ({ code: 'invalid_request', details: { field: path } });
    await expect(create(input as Partial<Input>)).rejects.toMatchObject(refused(`input.${field}`));
    await create({ targets: input.targets });
    const changes = { definition: input.definition } as RequestOf<typeof metrics.update>['changes'];
    await expect(change('monthly-revenue', changes)).rejects.toMatchObject(refused(field));
    expect(await get('monthly-revenue')).toMatchObject({ revision: 1, definition: null });
  });
});

describe('the list', () => {
  beforeEach(async () => {
    await create({ metricId: 'revenue', tags: ['money', 'board'], owner: 'finance' });
    await create({ metricId: 'churn', category: 'customers', tier: 'Tier 2', tags: ['board'], status: 'draft' });
    await create({ metricId: 'latency', category: 'technology', businessDomain: 'Platform', metricType: 'ratio' });
    await create({ metricId: 'errors', category: 'technology', businessDomain: 'platform', tags: ['money'] });
  });

  it.each([
    [{}, ['churn', 'errors', 'latency', 'revenue']],
    [{ category: 'technology' }, ['errors', 'latency']],
    [{ category: 'Technology' }, []],
    [{ tier: 'Tier 1', category: 'technology' }, ['errors', 'latency']],
    [{ businessDomain: 'Sales' }, ['churn', 'revenue']],
    [{ domain: 'Sales' }, ['churn', 'revenue']],
    [{ domain: 'Sales', status: 'draft' }, ['churn']],
    [{ owner: 'finance' }, ['revenue']],
    [{ metricType: 'ratio' }, ['latency']],
    [{ tags: 'money' }, ['errors', 'revenue']],
    [{ tags: 'money,board' }, ['revenue']],
    [{ tags: ['board', 'money'] }, ['revenue']],
    [{ tagsAny: 'money,board' }, ['churn', 'errors', 'revenue']],
    [{ tagsAny: 'board', category: 'customers', tier: 'Tier 2', status: 'draft', q: 'month' }, ['churn']],
    [{ q: 'lat' }, ['latency']],
    [{ owner: "' OR true --" }, []],
    [{ sort: '-metricId' }, ['revenue', 'latency', 'errors', 'churn']],
    [{ sort: 'category' }, ['churn', 'revenue', 'errors', 'latency']],
    [{ sort: '-createdAt', limit: 2 }, ['errors', 'latency']],
    [{ page: 2, limit: 3 }, ['revenue']],
  ])('is filtered, sorted and cut: %j', async (query, expected) => {
    expect(await ids(query as RequestOf<typeof pageMetrics>)).toEqual(expected);
  });

  it('counts anew after each write, whoever made it', async () => {
    const total = async (query = {}) => (await catalogue.client.request(pageMetrics, query)).total;
    expect([await total(), await total(), await total({ tags: 'money' })]).toEqual([4, 4, 2]);
    await create({ metricId: 'another', tags: ['money'] });
    expect([await total(), await total({ tags: 'money' })]).toEqual([5, 3]);
    await remove('another');
    expect([await total(), await total({ tags: 'money' })]).toEqual([4, 2]);
  });

  it('has an empty page beyond its end, with the total', async () => {
    expect(await catalogue.client.request(pageMetrics, { page: 1e13, limit: 100 })).toEqual({
      rows: '',
      count: 0,
      total: 4,
      revision: expect.any(String),
    });
  });

  it('is of the state that is asked for, or refused', async () => {
    const { revision } = await catalogue.client.request(pageMetrics, {});
    expect(await catalogue.client.request(pageMetrics, { skip: 2, revision })).toMatchObject({ count: 2, revision });
    await remove('churn');
    const changed = { code: 'concurrent_change', retryable: true };
    for (const pages of [pageMetrics, pageDomains, pageObjectives]) {
      await expect(catalogue.client.request(pages, { skip: 1, revision })).rejects.toMatchObject(changed);
      expect((await catalogue.client.request(pages, {})).revision).toBe(String(Number(revision) + 1));
    }
  });

  it('names none on two pages where all are equal', async () => {
    for (const sort of ['tier', '-status', 'owner', '-updatedAt'] as const) {
      const pages = await Promise.all([1, 2, 3].map((page) => ids({ sort, page, limit: 2 })));
      expect(pages.flat().sort()).toEqual(['churn', 'errors', 'latency', 'revenue']);
    }
  });

  it('gives as many rows as fit one message, and the others to who asks on', async () => {
    const long = { text: '"\\'.repeat(15_000) };
    await Promise.all(Array.from({ length: 20 }, (_, n) => create({ metricId: `zz-${10 + n}`, long })));
    const seen: string[] = [];
    let answers = 0;
    while (seen.length < 24) {
      const { rows, count, total } = await catalogue.client.request(pageMetrics, { limit: 100, skip: seen.length });
      expect(total).toBe(24);
      expect(rowsOf(rows)).toHaveLength(count);
      expect(count).toBeGreaterThan(0);
      seen.push(...rowsOf(rows).map(({ metricId }) => metricId));
      answers += 1;
    }
    expect(answers).toBeGreaterThan(1);
    expect(seen).toEqual([...seen].sort());
  });

  it.each([
    ['limit', { limit: 0 }],
    ['limit', { limit: 1_000_000 }],
    ['page', { page: 0 }],
    ['sort', { sort: 'rank' }],
    ['tags', { tags: Array.from({ length: 21 }, (_, n) => `t${n}`) }],
    ['tags[1]', { tags: 'a,,b' }],
    ['q', { q: 'a\0b' }],
    ['colour', { colour: 'red' }],
  ])('refuses a bad %s by name: %j', async (field, query) => {
    const asked = catalogue.client.request(pageMetrics, query as RequestOf<typeof pageMetrics>);
    await expect(asked).rejects.toMatchObject({ code: 'invalid_request', details: { field } });
  });
});

describe('a search', () => {
  beforeEach(async () => {
    const plain = { name: 'Plain', description: 'Nothing.', category: 'none' };
    await create({ ...plain, metricId: 'in-name', name: 'Gross churn of customers' });
    await create({ ...plain, metricId: 'in-tags', tags: ['churn'] });
    await create({ ...plain, metricId: 'in-description', description: 'Says how many churn each month.' });
    await create({ ...plain, metricId: 'in-section', governance: { notes: 'Beside churn.' } });
    await create({ ...plain, metricId: 'sales.net_new:2024' });
  });

  it('ranks names before tags, tags before descriptions, those before the rest', async () => {
    const rows = await found('churn');
    expect(rows.map(({ metricId }) => metricId)).toEqual(['in-name', 'in-tags', 'in-description', 'in-section']);
    const ranks = rows.map(({ rank }) => rank as number);
    expect(ranks.every((rank) => rank > 0)).toBe(true);
    expect(ranks).toEqual([...ranks].sort((a, b) => b - a));
  });

  it.each([
    ['customer', ['in-name']],
    ['CUSTOMERS churns', ['in-name']],
    ['gross chu', ['in-name']],
    ['"churn of customers"', ['in-name']],
    ['"customers of churn"', []],
    ['churn -gross', ['in-tags', 'in-description', 'in-section']],
    ['gross or beside', ['in-name', 'in-section']],
    ['net', ['sales.net_new:2024']],
    ['sales.net_new:2024', ['sales.net_new:2024']],
    ['2024', ['sales.net_new:2024']],
    ['the', []],
    ["'", []],
    ['"', []],
    ['a:* & !b | (c', []],
    ["churn' & :*!(", ['in-name', 'in-tags', 'in-description', 'in-section']],
  ])('of %j finds %j', async (q, expected) => {
    expect((await foundIds(q)).sort()).toEqual([...expected].sort());
  });

  it.each([
    ['churn -customers', []],
    ['churn -"customers kept"', []],
    ['churn -customer', ['customers-kept']],
    ['customers churn', ['customers-kept']],
    ['customer churn', []],
    ['the churns of customers', ['customers-kept']],
    ['kept or net -churns', ['customers-kept', 'sales.net_new:2024']],
    ['churning of', ['customers-kept']],
    ['plain or', ['sales.net_new:2024']],
    ['"churn', ['customers-kept']],
    ['customers-kept ch', ['customers-kept']],
  ])('of %j takes each word by its stem or as an id has it: %j', async (q, expected) => {
    for (const id of ['in-name', 'in-tags', 'in-description', 'in-section']) await remove(id);
    await create({ metricId: 'customers-kept', name: 'Churning', description: 'Nothing.', category: 'none' });
    expect((await foundIds(q)).sort()).toEqual([...expected].sort());
  });

  describe('of a word in several forms', () => {
    beforeEach(async () => {
      const none = { description: 'Nothing.', category: 'none' };
      await create({ ...none, metricId: 'churning-users', name: 'churning users' });
      await create({ ...none, metricId: 'r2', name: 'Churn rate' });
      await create({ ...none, metricId: 'r3', name: 'Customer churn' });
      await create({ ...none, metricId: 'churnable', name: 'Churnable plans' });
    });

    it.each([
      ['churn', ['r2', 'r3']],
      ['Churn', ['r2', 'r3']],
      ['churning', ['churning-users']],
      ['customer churn', ['r3']],
      ['churnab', ['churnable']],
    ])('ranks by %j what has it as it is written first: %j', async (q, exact) => {
      for (const id of ['in-name', 'in-tags', 'in-description', 'in-section']) await remove(id);
      const rows = await found(q);
      expect(rows.slice(0, exact.length).map(({ metricId }) => metricId)).toEqual(exact);
      const [last, next] = [rows[exact.length - 1], rows[exact.length]];
      if (next) expect(last!.rank).toBeGreaterThan(next.rank as number);
    });

    it('ranks its beginnings behind its other forms', async () => {
      for (const id of ['in-name', 'in-tags', 'in-description', 'in-section']) await remove(id);
      expect(await foundIds('churn')).toEqual(['r2', 'r3', 'churning-users', 'churnable']);
    });
  });

  it('is paged and filtered as the list is', async () => {
    const second = await catalogue.client.request(searchMetrics, { q: 'churn', page: 2, limit: 3 });
    expect(second).toMatchObject({ count: 1, total: 4 });
    expect((await found('churn', { tags: 'churn' })).map(({ metricId }) => metricId)).toEqual(['in-tags']);
  });

  it.each([{}, { q: '' }, { q: '  ' }])('without words is refused: %j', async (query) => {
    const asked = catalogue.client.request(searchMetrics, query as RequestOf<typeof searchMetrics>);
    await expect(asked).rejects.toMatchObject({ code: 'invalid_request', details: { field: 'q' } });
  });
});
