import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { accounts, apiKeys, models, providers, readConfiguration, type ConfigurationEntry } from '@purser/contracts';
import { hashApiKey, SecretBox } from '@purser/secrets';
import { temporaryFolder, testDatabase, type TemporaryFolder, type TestDatabase } from '@purser/testing';
import { migrations } from '../migrations/index.ts';
import { startTestBudget, TEST_MASTER_KEY, type TestBudget } from '../testing/start-test-budget.ts';
import { BootstrapService } from './bootstrap.service.ts';
import { SimulatorProvider } from './simulator-provider.ts';

const ADMIN_KEY = 'an operator chose this key, with spaces and $igns';

describe('the bootstrap', () => {
  let database: TestDatabase;
  let folder: TemporaryFolder;
  let started: TestBudget[];
  beforeEach(async () => {
    started = [];
    [database, folder] = await Promise.all([testDatabase({ migrations, schema: 'budget' }), temporaryFolder()]);
  });
  afterEach(async () => {
    await Promise.all(started.map((budget) => budget.stop()));
    await Promise.all([database.drop(), folder.remove()]);
  });

  const start = async (variables: Record<string, string> = {}) => {
    const budget = await startTestBudget({ databaseUrl: database.url, dataDir: join(folder.path, 'data'), variables });
    started.push(budget);
    const { report } = budget.app.get(BootstrapService, { strict: false });
    const list = async () => ({
      accounts: (await budget.client.request(accounts.list, {})).data,
      keys: (await budget.client.request(apiKeys.list, {})).data,
      providers: (await budget.client.request(providers.list, {})).data,
      models: (await budget.client.request(models.list, { sort: 'name' })).data,
    });
    const entries = async (kind: ConfigurationEntry['kind']) =>
      (await budget.client.request(readConfiguration, { since: 0, cursor: null })).entries
        .filter((entry) => entry.kind === kind)
        .map(({ value }) => value);
    const simulator = budget.app.get(SimulatorProvider, { strict: false });
    return { ...budget, client: budget.client, actor: budget.actor, report, list, entries, simulator };
  };
  const stopAll = async () => {
    await Promise.all(started.splice(0).map((budget) => budget.stop()));
  };

  it('makes the account default and an admin key at the first start, kept where only its owner can read it', async () => {
    const first = await start();
    const file = join(folder.path, 'data', 'admin-key');
    const key = (await readFile(file, 'utf8')).trim();
    expect(first.report).toEqual({ firstStart: true, adminKey: { key, file }, notes: [] });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const {
      accounts: [account],
      keys,
    } = await first.list();
    expect(account).toMatchObject({ name: 'default', parentId: null });
    expect(keys).toMatchObject([{ accountId: account?.id, role: 'admin', name: 'admin', expiresAt: null }]);
    expect(await first.entries('key')).toMatchObject([{ sha256: hashApiKey(key), role: 'admin' }]);

    await stopAll();
    const second = await start();
    expect(second.report).toEqual({ firstStart: false, adminKey: null, notes: [] });
    expect(await second.list()).toEqual({ ...(await second.list()), accounts: [account], keys });
    expect((await readFile(file, 'utf8')).trim()).toBe(key);
  });

  it('is done once by replicas that start at the same time', async () => {
    const replicas = await Promise.all([start(), start(), start()]);
    expect(replicas.filter(({ report }) => report.adminKey !== null)).toHaveLength(1);
    const made = await replicas[0]?.list();
    expect(made).toMatchObject({ accounts: [{ name: 'default' }], keys: [{ name: 'admin' }] });
  });

  it('makes the key of PURSER_ADMIN_KEY the admin key, at any start', async () => {
    const first = await start({ PURSER_ADMIN_KEY: ADMIN_KEY });
    expect(first.report.adminKey).toBeNull();
    expect(await first.entries('key')).toMatchObject([{ sha256: hashApiKey(ADMIN_KEY), role: 'admin' }]);
    const [key] = (await first.list()).keys;
    const changes = { disabled: true, role: 'viewer', expiresAt: '2020-01-01T00:00:00Z' } as const;
    await first.client.request(apiKeys.update, { id: key?.id ?? '', changes, actor: first.actor });
    await stopAll();

    const second = await start({ PURSER_ADMIN_KEY: `${ADMIN_KEY}!` });
    const restored = { id: key?.id, role: 'admin', disabled: false, expiresAt: null };
    expect(await second.entries('key')).toMatchObject([{ ...restored, sha256: hashApiKey(`${ADMIN_KEY}!`) }]);
    await stopAll();

    const third = await start();
    expect(await third.entries('key')).toMatchObject([{ ...restored, sha256: hashApiKey(`${ADMIN_KEY}!`) }]);
    await third.client.request(apiKeys.remove, { id: key?.id ?? '', actor: third.actor });
    await stopAll();

    const fourth = await start({ PURSER_ADMIN_KEY: ADMIN_KEY });
    expect((await fourth.list()).keys).toMatchObject([{ role: 'admin', accountId: key?.accountId }]);
    expect((await fourth.list()).accounts).toHaveLength(1);
  });

  it('refuses a PURSER_ADMIN_KEY that is another key', async () => {
    const first = await start();
    const [account] = (await first.list()).accounts;
    const input = { accountId: account?.id ?? '', name: 'of a user' };
    const { key } = await first.client.request(apiKeys.create, { input, actor: first.actor });
    await stopAll();
    await expect(start({ PURSER_ADMIN_KEY: key })).rejects.toThrow(/PURSER_ADMIN_KEY .*"of a user"/);
  });

  it('registers the providers of the environment, keeps their keys sealed and up to date', async () => {
    const openKeys = async (budget: Awaited<ReturnType<typeof start>>) =>
      (await budget.entries('provider')).map((value) => {
        const { name, baseUrl, sealedApiKey } = value as { name: string; baseUrl: string; sealedApiKey: string | null };
        const box = new SecretBox(TEST_MASTER_KEY);
        return [name, baseUrl, sealedApiKey && box.open(sealedApiKey, 'provider.apiKey')];
      });
    const vendors = { OPENAI_API_KEY: 'sk-one', ANTHROPIC_API_KEY: 'sk-ant-one', GEMINI_API_KEY: 'AI-one' };
    const first = await start({ ...vendors, OLLAMA_HOST: 'gpu:11434' });
    expect(first.report.notes).toEqual([]);
    expect(await openKeys(first)).toEqual([
      ['openai', 'https://api.openai.com/v1', 'sk-one'],
      ['anthropic', 'https://api.anthropic.com/v1', 'sk-ant-one'],
      ['gemini', 'https://generativelanguage.googleapis.com/v1beta/openai', 'AI-one'],
      ['ollama', 'http://gpu:11434/v1', null],
    ]);
    expect(await first.list()).toMatchObject({
      models: [],
      providers: [
        { name: 'openai', kind: 'openai' },
        ...['anthropic', 'gemini', 'ollama'].map((name) => ({ name, kind: 'openai-compatible' })),
      ],
    });
    const before = await first.list();
    await stopAll();

    const same = await start({ ...vendors, OLLAMA_HOST: 'gpu:11434' });
    expect(await same.list()).toEqual(before);
    await stopAll();

    const changed = await start({
      ...{ OPENAI_API_KEY: 'sk-two', ANTHROPIC_API_KEY: 'sk-ant-two' },
      ...{ GEMINI_API_KEY: 'AI-two', OLLAMA_HOST: 'http://gpu2' },
    });
    expect(Object.fromEntries((await openKeys(changed)).map(([name, ...rest]) => [name, rest]))).toEqual({
      openai: ['https://api.openai.com/v1', 'sk-two'],
      anthropic: ['https://api.anthropic.com/v1', 'sk-ant-two'],
      gemini: ['https://generativelanguage.googleapis.com/v1beta/openai', 'AI-two'],
      ollama: ['http://gpu2/v1', null],
    });
    expect((await changed.list()).providers.map(({ version }) => version)).toEqual([2, 2, 2, 2]);
  });

  it.each([
    ['openai', 'OPENAI_API_KEY'],
    ['anthropic', 'ANTHROPIC_API_KEY'],
    ['gemini', 'GEMINI_API_KEY'],
  ])('never gives a key of the environment to a provider %s that somebody else set up', async (name, variable) => {
    const first = await start();
    const input = { name, kind: 'openai-compatible', baseUrl: 'https://elsewhere.example/v1' } as const;
    await first.client.request(providers.create, { input, actor: first.actor });
    await stopAll();
    const second = await start({ [variable]: 'sk-one' });
    expect(second.report.notes).toEqual([expect.stringMatching(new RegExp(`^${variable} is not used`))]);
    expect((await second.list()).providers).toMatchObject([{ hasApiKey: false, version: 1 }]);
  });

  it('wants the simulator where there never was a provider, and as long as it is one', async () => {
    const first = await start();
    expect(await first.simulator.wanted()).toBe(true);
    await first.simulator.register('http://127.0.0.1:4001/v1');
    const registered = await first.list();
    expect(registered.providers).toMatchObject([
      { name: 'simulator', kind: 'openai-compatible', simulated: true, baseUrl: 'http://127.0.0.1:4001/v1' },
    ]);
    const limits = { maxOutputTokens: 16_384, contextTokens: 128_000 };
    expect(registered.models).toMatchObject([
      {
        name: 'sim-large',
        inputUsdPerMillion: '2.5',
        outputUsdPerMillion: '10',
        cachedInputUsdPerMillion: '1.25',
        ...limits,
      },
      {
        name: 'sim-small',
        inputUsdPerMillion: '0.15',
        outputUsdPerMillion: '0.6',
        cachedInputUsdPerMillion: '0.075',
        ...limits,
      },
    ]);
    await stopAll();

    const second = await start();
    expect(await second.simulator.wanted()).toBe(true);
    await second.simulator.register('http://127.0.0.1:4002/v1');
    expect(await second.list()).toMatchObject({
      providers: [{ baseUrl: 'http://127.0.0.1:4002/v1' }],
      models: registered.models,
    });
    for (const { id } of registered.models) await second.client.request(models.remove, { id, actor: second.actor });
    const [provider] = registered.providers;
    await second.client.request(providers.remove, { id: provider?.id ?? '', actor: second.actor });
    expect(await second.simulator.wanted()).toBe(false);
  });

  it('does not want the simulator beside another provider', async () => {
    const first = await start({ OPENAI_API_KEY: 'sk-one' });
    expect(await first.simulator.wanted()).toBe(false);
  });
});
