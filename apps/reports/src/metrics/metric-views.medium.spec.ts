import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { countMetrics, getMetricPolicy, metrics } from '@purser/contracts';
import type { RequestOf } from '@purser/contracts';
import { testDatabase, type TestDatabase } from '@purser/testing';
import { v7 as uuidv7 } from 'uuid';
import { migrations } from '../migrations/index.ts';
import { startTestReports, type TestReports } from '../testing/start-test-reports.ts';

const actor = { keyId: uuidv7(), accountId: uuidv7() };
let own: TestDatabase;
let service: TestReports;
beforeAll(async () => {
  own = await testDatabase({ migrations, schema: 'reports' });
  service = await startTestReports({ DATABASE_URL: own.url });
});
afterAll(async () => {
  await service?.stop();
  await own?.drop();
});
beforeEach(() => service.database.query('TRUNCATE metrics'));

type Input = RequestOf<typeof metrics.create>['input'];
const create = (metricId: string, more: Partial<Input> = {}) => {
  const least = { metricId, name: metricId, description: '', category: 'c', tier: '1', businessDomain: 'd' };
  return service.client.request(metrics.create, { input: { ...least, ...more } as Input, actor });
};
const policyOf = (id: string) => service.client.request(getMetricPolicy, { id });

describe('the statistics', () => {
  it('of an empty catalogue are zeros', async () => {
    expect(await service.client.request(countMetrics, {})).toEqual({
      ...{ total: 0, withTargets: 0, withoutTargets: 0 },
      ...{ categories: [], tiers: [], businessDomains: [], owners: [], statuses: [], metricTypes: [], tags: [] },
    });
  });

  it('count by each field, the most frequent first', async () => {
    await create('a', { tags: ['x', 'y'], targets: { target: 1 }, owner: 'Ada' });
    await create('b', { tags: ['y'], tier: '2', status: 'draft' });
    await create('c', { category: 'other', targets: null });
    const none = { value: null, count: 3 };
    expect(await service.client.request(countMetrics, {})).toEqual({
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
        create(`m${n}`, { tags: Array.from({ length: 40 }, (_, tag) => `${n}-${tag}`) }),
      ),
    );
    const { tags, total } = await service.client.request(countMetrics, {});
    expect([tags.length, total]).toEqual([100, 3]);
  });
});

describe('the policy', () => {
  it('is made of the targets and the direction', async () => {
    await create('error-rate', { definition: { expectedDirection: 'lower' }, targets: { target: 0.5, warning: 1 } });
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
    expect(await create('plain', more as Partial<Input>)).toMatchObject(more);
    const { policy } = await policyOf('plain');
    expect(policy).toContain(`expected_direction := "${direction}"\n`);
    expect(policy).toContain(`else := "off-target" if input.value ${short} thresholds.target\n`);
  });

  it.each([
    ['targets', {}],
    ['targets', { targets: {}, definition: { expectedDirection: 'higher' } }],
    ['targets', { targets: { target: 1, warning: 2, critical: 0 } }],
  ])('can not be made of %s that say nothing or contradict one another: %j', async (field, more) => {
    await create('plain', more as Partial<Input>);
    await expect(policyOf('plain')).rejects.toMatchObject({ code: 'conflict', details: { field } });
    await expect(policyOf('nothing')).rejects.toMatchObject({ code: 'not_found' });
  });
});
