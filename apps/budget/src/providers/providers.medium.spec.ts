import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { providers, readConfiguration, type Provider } from '@purser/contracts';
import { temporaryFolder, testDatabase, type TemporaryFolder, type TestDatabase } from '@purser/testing';
import { v7 as uuidv7 } from 'uuid';
import { migrations } from '../migrations/index.ts';
import { startTestBudget, type TestBudget } from '../testing/start-test-budget.ts';

describe('providers', () => {
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
    budget.client.request(providers.create, {
      input: { name: `p-${uuidv7()}`, ...input } as never,
      actor: budget.actor,
    });
  const update = ({ id }: Provider, changes: object) =>
    budget.client.request(providers.update, { id, changes, actor: budget.actor });
  const remove = (id: string) => budget.client.request(providers.remove, { id, actor: budget.actor });
  const entryOf = async (id: string) => {
    const { entries } = await budget.client.request(readConfiguration, { since: 0, cursor: null });
    return entries.find((entry) => entry.kind === 'provider' && entry.id === id)?.value;
  };

  it('keep their API key sealed: gateways get the ciphertext, nobody else gets it at all', async () => {
    const created = await create({ kind: 'openai', sealedApiKey: 'v1.ciphertext' });
    expect(created).toMatchObject({
      ...{ kind: 'openai', baseUrl: 'https://api.openai.com/v1', hasApiKey: true, concurrency: 50 },
      ...{ cancelledStreams: 'drain', simulated: false, disabled: false, status: 'enabled' },
    });
    expect(JSON.stringify(created)).not.toContain('ciphertext');
    expect(await entryOf(created.id)).toMatchObject({ sealedApiKey: 'v1.ciphertext', concurrency: 50 });
    expect(await update(created, { concurrency: 3 })).toMatchObject({ hasApiKey: true, concurrency: 3 });
    expect(await update(created, { sealedApiKey: null })).toMatchObject({ hasApiKey: false, concurrency: 3 });
    expect(await entryOf(created.id)).toMatchObject({ sealedApiKey: null });
    expect(await update(created, { disabled: true })).toMatchObject({ disabled: true, status: 'disabled' });
  });

  it('need a base URL where their kind has none of its own', async () => {
    await expect(create({ kind: 'openai-compatible' })).rejects.toMatchObject({
      code: 'invalid_request',
      details: { field: 'baseUrl' },
    });
  });

  it('are never at a link-local or metadata address, neither made so nor changed to it', async () => {
    const refused = { code: 'invalid_request', details: { field: 'baseUrl' } };
    const baseUrl = 'http://2852039166/v1';
    await expect(create({ kind: 'openai-compatible', baseUrl })).rejects.toMatchObject(refused);
    const provider = await budget.provider();
    await expect(update(provider, { baseUrl })).rejects.toMatchObject(refused);
    const { version } = await budget.client.request(providers.get, { id: provider.id });
    expect(version).toBe(1);
  });

  it('have one name each: of many made at once with one name, one is', async () => {
    const name = `same-${uuidv7()}`;
    const made = await Promise.allSettled([1, 2, 3, 4].map(() => budget.provider(name)));
    const reasons = made.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    expect(reasons).toHaveLength(3);
    for (const reason of reasons) expect(reason).toMatchObject({ code: 'conflict', details: { field: 'name' } });
    const { data } = await budget.client.request(providers.list, { name });
    expect(data).toHaveLength(1);
  });

  it('are removed only without models; then the name is free again', async () => {
    const provider = await budget.provider();
    const model = await budget.model(provider.id);
    await expect(remove(provider.id)).rejects.toMatchObject({ code: 'conflict', details: { children: ['models'] } });
    await budget.database.query('UPDATE models SET archived_at = now() WHERE id = $1', [model.id]);
    await remove(provider.id);
    expect(await entryOf(provider.id)).toBeNull();
    expect((await budget.provider(provider.name)).id).not.toBe(provider.id);
  });

  it.each([
    ['name', { name: 'With/Slash' }],
    ['baseUrl', { baseUrl: 'ftp://example.com' }],
    ['baseUrl', { baseUrl: 'http://user:secret@example.com' }],
    ['kind', { kind: 'anthropic' }],
    ['concurrency', { concurrency: 0 }],
    ['apiKey', { apiKey: 'in the clear' }],
  ])('refuse a bad %s', async (field, input) => {
    const attempt = create({ kind: 'openai-compatible', baseUrl: 'http://127.0.0.1/v1', ...input });
    await expect(attempt).rejects.toMatchObject({ code: 'invalid_request', details: { field: `input.${field}` } });
  });

  it('may be at link-local addresses where the operator allows it', async () => {
    const other = await testDatabase({ migrations, schema: 'budget' });
    try {
      const variables = { ALLOW_LINK_LOCAL_PROVIDERS: 'true' };
      const lenient = await startTestBudget({ databaseUrl: other.url, dataDir: folder.path, variables });
      try {
        const input = { name: 'near', kind: 'openai-compatible', baseUrl: 'http://169.254.1.1/v1' } as const;
        const provider = await lenient.client.request(providers.create, { input, actor: lenient.actor });
        expect(provider.baseUrl).toBe('http://169.254.1.1/v1');
      } finally {
        await lenient.stop();
      }
    } finally {
      await other.drop();
    }
  });
});
