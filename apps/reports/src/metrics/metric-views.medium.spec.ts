import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { countMetrics, getMetricPolicy } from '@purser/contracts';
import { testDatabase } from '@purser/testing';
import { migrations } from '../migrations/index.ts';
import { TestCatalogue } from '../testing/test-catalogue.ts';

const catalogue = new TestCatalogue();
beforeAll(async () => catalogue.start(await testDatabase({ migrations, schema: 'reports' })));
afterAll(() => catalogue.stop());
beforeEach(() => catalogue.empty());

const policyOf = (id: string) => catalogue.client.request(getMetricPolicy, { id });

describe('the statistics', () => {
  it('of an empty catalogue are zeros', async () => {
    expect(await catalogue.client.request(countMetrics, {})).toEqual({
      ...{ total: 0, withTargets: 0, withoutTargets: 0 },
      ...{ categories: [], tiers: [], businessDomains: [], owners: [], statuses: [], metricTypes: [], tags: [] },
    });
  });

  it('count by each field, the most frequent first', async () => {
    await catalogue.addMetric('a', { tags: ['x', 'y'], targets: { target: 1 }, owner: 'Ada' });
    await catalogue.addMetric('b', { tags: ['y'], tier: '2', status: 'draft' });
    await catalogue.addMetric('c', { category: 'other', targets: null });
    const none = { value: null, count: 3 };
    expect(await catalogue.client.request(countMetrics, {})).toEqual({
      ...{ total: 3, withTargets: 1, withoutTargets: 2, metricTypes: [none] },
      categories: [
        { value: 'c', count: 2 },
        { value: 'other', count: 1 },
      ],
      tiers: [
        { value: '1', count: 2 },
        { value: '2', count: 1 },
      ],
      businessDomains: [{ value: 'd', count: 3 }],
      owners: [
        { value: null, count: 2 },
        { value: 'Ada', count: 1 },
      ],
      statuses: [
        { value: 'active', count: 2 },
        { value: 'draft', count: 1 },
      ],
      tags: [
        { value: 'y', count: 2 },
        { value: 'x', count: 1 },
      ],
    });
  });

  it('name a hundred values of a field at most', async () => {
    await Promise.all(
      Array.from({ length: 3 }, (_, n) =>
        catalogue.addMetric(`m${n}`, { tags: Array.from({ length: 40 }, (_, tag) => `${n}-${tag}`) }),
      ),
    );
    const { tags, total } = await catalogue.client.request(countMetrics, {});
    expect([tags.length, total]).toEqual([100, 3]);
  });
});

describe('the policy', () => {
  it('is made of the targets and the direction', async () => {
    await catalogue.addMetric('error-rate', {
      definition: { expectedDirection: 'lower' },
      targets: { target: 0.5, warning: 1 },
    });
    const { policy, ...others } = await policyOf('error-rate');
    expect(others).toEqual({ metricId: 'error-rate', package: 'purser.metrics.m_error_2d_rate' });
    expect(policy).toContain('thresholds := {"warning":1,"target":0.5}');
    expect(policy).toContain('"warning" if input.value > thresholds.warning');
    expect(policy).not.toContain('thresholds.critical');
  });

  it.each([
    ['higher', '<', { targets: { target: 1 } }],
    ['higher', '<', { targets: { target: 3, critical: 1 }, definition: { unit: 's' } }],
    ['lower', '>', { targets: { target: 1, critical: 3 } }],
    ['higher', '<', { targets: { target: 1 }, definition: { expectedDirection: 'increase' } }],
    ['lower', '>', { targets: { target: 1 }, definition: { expectedDirection: 'minimize' } }],
  ])('aims %s, and falls short with %s: %j', async (direction, short, more) => {
    expect(await catalogue.addMetric('plain', more as Parameters<typeof catalogue.addMetric>[1])).toMatchObject(more);
    const { policy } = await policyOf('plain');
    expect(policy).toContain(`expected_direction := "${direction}"\n`);
    expect(policy).toContain(`else := "off-target" if input.value ${short} thresholds.target\n`);
  });

  it.each([
    ['targets', {}],
    ['targets', { targets: {}, definition: { expectedDirection: 'higher' } }],
    ['targets', { targets: { target: 1, warning: 2, critical: 0 } }],
  ])('can not be made of %s that say nothing or contradict one another: %j', async (field, more) => {
    await catalogue.addMetric('plain', more as Parameters<typeof catalogue.addMetric>[1]);
    await expect(policyOf('plain')).rejects.toMatchObject({ code: 'conflict', details: { field } });
    await expect(policyOf('nothing')).rejects.toMatchObject({ code: 'not_found' });
  });
});
