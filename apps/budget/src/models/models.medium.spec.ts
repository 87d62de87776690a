import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { models, readConfiguration, routes, type Model, type ModelEntry } from '@purser/contracts';
import { temporaryFolder, testDatabase, type TemporaryFolder, type TestDatabase } from '@purser/testing';
import { v7 as uuidv7 } from 'uuid';
import { migrations } from '../migrations/index.ts';
import { startTestBudget, type TestBudget } from '../testing/start-test-budget.ts';

describe('models', () => {
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

  const create = (input: object) =>
    budget.client.request(models.create, { input: input as never, actor: budget.actor });
  const update = ({ id }: Model, changes: object) =>
    budget.client.request(models.update, { id, changes, actor: budget.actor });
  const priceOf = async (id: string): Promise<ModelEntry['price'] | undefined> => {
    const { entries } = await budget.client.request(readConfiguration, { since: 0, cursor: null });
    const entry = entries.find((candidate) => candidate.id === id);
    return entry?.kind === 'model' ? entry.value?.price : undefined;
  };

  it('have prices in USD outside and in nano-dollars for gateways', async () => {
    const { id: providerId } = await budget.provider();
    const prices = { inputUsdPerMillion: '0.0375', outputUsdPerMillion: '1000000000' };
    const created = await create({ providerId, name: 'org/model:v1', ...prices, maxOutputTokens: 4096 });
    expect(created).toMatchObject({ ...prices, cachedInputUsdPerMillion: null, name: 'org/model:v1' });
    expect(created).toMatchObject({ maxOutputTokens: 4096, contextTokens: null, toolPromptTokens: 1024 });
    expect(await priceOf(created.id)).toEqual({
      version: created.priceVersion,
      inputNanosPerMillion: '37500000',
      outputNanosPerMillion: '1000000000000000000',
      cachedInputNanosPerMillion: '37500000',
    });
  });

  it('get a new price version with each change of a price, and keep it with any other change', async () => {
    const first = await budget.model((await budget.provider()).id);
    const second = await update(first, { cachedInputUsdPerMillion: '0.05' });
    expect(second).toMatchObject({ inputUsdPerMillion: '0.15', cachedInputUsdPerMillion: '0.05' });
    expect(second.priceVersion).not.toBe(first.priceVersion);
    expect(await priceOf(first.id)).toMatchObject({
      version: second.priceVersion,
      cachedInputNanosPerMillion: '50000000',
    });
    const third = await update(first, { disabled: true, inputUsdPerMillion: '0.150' });
    expect(third).toMatchObject({ disabled: true, priceVersion: second.priceVersion, version: 3 });
    const fourth = await update(first, { cachedInputUsdPerMillion: null });
    expect(fourth.cachedInputUsdPerMillion).toBeNull();
    const kept = await budget.database.query('SELECT id FROM prices WHERE model_id = $1 ORDER BY created_at', [
      first.id,
    ]);
    expect(kept.map(({ id }) => id as string)).toEqual([first, second, fourth].map(({ priceVersion }) => priceVersion));
  });

  it('have one name each at a provider', async () => {
    const [one, two] = [await budget.provider(), await budget.provider()];
    await budget.model(one.id, 'same');
    await budget.model(two.id, 'same');
    await expect(budget.model(one.id, 'same')).rejects.toMatchObject({ code: 'conflict', details: { field: 'name' } });
  });

  it('are removed only when no route leads to them', async () => {
    const { id: providerId } = await budget.provider();
    const model = await budget.model(providerId);
    const input = { name: `r-${uuidv7()}`, strategy: 'priority' as const, targets: [{ modelId: model.id }] };
    const route = await budget.client.request(routes.create, { input, actor: budget.actor });
    const remove = () => budget.client.request(models.remove, { id: model.id, actor: budget.actor });
    await expect(remove()).rejects.toMatchObject({ code: 'conflict', details: { children: ['routes'] } });
    await budget.client.request(routes.remove, { id: route.id, actor: budget.actor });
    await remove();
    await expect(budget.client.request(models.get, { id: model.id })).rejects.toMatchObject({ code: 'not_found' });
    expect((await budget.client.request(models.list, { providerId })).data).toEqual([]);
  });

  it.each([
    ['providerId', { providerId: uuidv7() }, 'providerId'],
    ['name', { name: 'with space' }, 'input.name'],
    ['price', { inputUsdPerMillion: '-1' }, 'input.inputUsdPerMillion'],
    ['price', { outputUsdPerMillion: 0.6 }, 'input.outputUsdPerMillion'],
    ['price', { outputUsdPerMillion: '1000000001' }, 'input.outputUsdPerMillion'],
    ['limit', { maxOutputTokens: 0 }, 'input.maxOutputTokens'],
  ])('refuse a bad %s', async (_, input, field) => {
    const { id: providerId } = await budget.provider();
    const fine = { providerId, name: 'm', inputUsdPerMillion: '1', outputUsdPerMillion: '1' };
    await expect(create({ ...fine, ...input })).rejects.toMatchObject({ code: 'invalid_request', details: { field } });
  });
});
