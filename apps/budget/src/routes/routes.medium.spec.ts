import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { models, readConfiguration, routes, type Model } from '@purser/contracts';
import { temporaryFolder, testDatabase, type TemporaryFolder, type TestDatabase } from '@purser/testing';
import { v7 as uuidv7 } from 'uuid';
import { migrations } from '../migrations/index.ts';
import { startTestBudget, type TestBudget } from '../testing/start-test-budget.ts';

describe('routes', () => {
  let database: TestDatabase;
  let folder: TemporaryFolder;
  let budget: TestBudget;
  beforeAll(async () => {
    [database, folder] = await Promise.all([testDatabase({ migrations, schema: 'budget' }), temporaryFolder()]);
    budget = await startTestBudget({ databaseUrl: database.url, dataDir: folder.path });
  });
  afterAll(async () => {
    await budget?.stop();
    await Promise.all([database?.drop(), folder?.remove()]);
  });

  let first: Model;
  let second: Model;
  beforeAll(async () => {
    const provider = await budget.provider();
    first = await budget.model(provider.id);
    second = await budget.model(provider.id);
  });
  const targetsOf = (...targets: { id: string }[]) => targets.map(({ id }) => ({ modelId: id }));
  const create = (input: object) => {
    const whole = { name: `r-${uuidv7()}`, strategy: 'priority', targets: targetsOf(first), ...input };
    return budget.client.request(routes.create, { input: whole as never, actor: budget.actor });
  };

  it('keep their targets in the order of their priority', async () => {
    const route = await create({ targets: targetsOf(second, first) });
    expect(route.targets).toEqual(targetsOf(second, first));
    const changes = { targets: targetsOf(first, second), defaultMaxTokens: 500 };
    const changed = await budget.client.request(routes.update, { id: route.id, changes, actor: budget.actor });
    expect(changed).toMatchObject({ targets: targetsOf(first, second), defaultMaxTokens: 500, version: 2 });
    expect(await budget.client.request(routes.get, { id: route.id })).toEqual(changed);
  });

  it('keep answers where they are told to, until they are told not to', async () => {
    const { id, cache } = await create({});
    expect(cache).toBeNull();
    const change = (changes: object) => budget.client.request(routes.update, { id, changes, actor: budget.actor });
    expect(await change({ cache: { ttlSeconds: 3_600 } })).toMatchObject({ cache: { ttlSeconds: 3_600 } });
    expect(await change({ defaultMaxTokens: 5 })).toMatchObject({ cache: { ttlSeconds: 3_600 } });
    expect(await change({ cache: null })).toMatchObject({ cache: null, version: 4 });
    const keeping = await create({ cache: { ttlSeconds: 60 } });
    expect(await budget.client.request(routes.get, { id: keeping.id })).toEqual(keeping);
    const { entries } = await budget.client.request(readConfiguration, { since: 0, cursor: null });
    expect(entries.find((entry) => entry.id === keeping.id)?.value).toMatchObject({ cache: { ttlSeconds: 60 } });
  });

  it('find their targets whatever the case of the ids', async () => {
    const route = await create({ targets: [{ modelId: first.id.toUpperCase() }] });
    expect(route.targets).toEqual(targetsOf(first));
  });

  it('lead only to models that exist', async () => {
    const gone = await budget.model(first.providerId);
    await budget.client.request(models.remove, { id: gone.id, actor: budget.actor });
    for (const unknown of [gone, { id: uuidv7() }]) {
      await expect(create({ targets: targetsOf(first, unknown) })).rejects.toMatchObject({
        code: 'invalid_request',
        details: { field: 'targets[1].modelId' },
      });
    }
  });

  it('have one name each', async () => {
    const { id, name } = await create({});
    await expect(create({ name })).rejects.toMatchObject({ code: 'conflict', details: { field: 'name' } });
    await budget.client.request(routes.remove, { id, actor: budget.actor });
    expect(await create({ name })).toMatchObject({ name, version: 1 });
    expect((await budget.client.request(routes.list, { name, sort: '-name' })).pagination.total).toBe(1);
  });

  it.each([
    ['name', { name: 'with/slash' }, 'name'],
    ['strategy', { strategy: 'cheapest' }, 'strategy'],
    ['targets', { targets: [] }, 'targets'],
    ['life of its answers', { cache: { ttlSeconds: 0 } }, 'cache.ttlSeconds'],
    ['life of its answers, above an hour,', { cache: { ttlSeconds: 3_601 } }, 'cache.ttlSeconds'],
    ['life of its answers, in parts of a second,', { cache: { ttlSeconds: 1.5 } }, 'cache.ttlSeconds'],
    ['name of what is kept', { cache: { ttlSeconds: 60, scope: 'all' } }, 'cache.scope'],
  ])('refuse a bad %s', async (_, input, field) => {
    await expect(create(input)).rejects.toMatchObject({
      code: 'invalid_request',
      details: { field: `input.${field}` },
    });
  });
});
