import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { apiKeys, readConfiguration, type ApiKey } from '@purser/contracts';
import { hashApiKey } from '@purser/secrets';
import { temporaryFolder, testDatabase, type TemporaryFolder, type TestDatabase } from '@purser/testing';
import { v7 as uuidv7 } from 'uuid';
import { migrations } from '../migrations/index.ts';
import { startTestBudget, type TestBudget } from '../testing/start-test-budget.ts';

describe('keys', () => {
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

  const get = (id: string) => budget.client.request(apiKeys.get, { id });
  const update = (key: ApiKey, changes: object, ifMatch?: number) =>
    budget.client.request(apiKeys.update, { id: key.id, changes, ifMatch, actor: budget.actor });
  const entryOf = async (id: string) => {
    const { entries } = await budget.client.request(readConfiguration, { since: 0, cursor: null });
    return entries.find((entry) => entry.kind === 'key' && entry.id === id);
  };

  it('show their secret once and store its hash only', async () => {
    const account = await budget.account();
    const { key, ...created } = await budget.key(account.id);
    expect(key).toMatch(/^sk-purser-[\w-]{43}$/);
    expect(created).toMatchObject({ role: 'member', disabled: false, expiresAt: null, prefix: key.slice(0, 16) });
    expect(await get(created.id)).toEqual(created);
    expect((await entryOf(created.id))?.value).toEqual({
      ...{ id: created.id, accountId: account.id, role: 'member', disabled: false, expiresAt: null, limits: null },
      sha256: hashApiKey(key),
    });
    const stored = await budget.database.query(
      'SELECT row_to_json(k)::text AS text FROM api_keys k UNION ALL SELECT row_to_json(e)::text FROM configuration_entries e',
    );
    expect(stored.length).toBeGreaterThan(1);
    for (const { text } of stored) expect(text).not.toContain(key);
  });

  it('change their name, role, expiry and whether they are disabled, and gateways are told', async () => {
    const created = await budget.key((await budget.account()).id);
    const expiresAt = '2031-05-06T07:08:09.123Z';
    const changed = await update(created, { name: 'renamed', role: 'viewer', expiresAt, disabled: true });
    expect(changed).toMatchObject({ name: 'renamed', role: 'viewer', expiresAt, disabled: true, version: 2 });
    expect(changed).not.toHaveProperty('key');
    expect((await entryOf(created.id))?.value).toMatchObject({ role: 'viewer', expiresAt, disabled: true });
    expect(await update(created, { expiresAt: null })).toMatchObject({ expiresAt: null, name: 'renamed', version: 3 });
    await expect(update(created, { role: 'member' }, 2)).rejects.toMatchObject({ code: 'precondition_failed' });
  });

  it('are gone for gateways once removed', async () => {
    const { id } = await budget.key((await budget.account()).id);
    await budget.client.request(apiKeys.remove, { id, actor: budget.actor });
    await expect(get(id)).rejects.toMatchObject({ code: 'not_found' });
    expect(await entryOf(id)).toMatchObject({ value: null });
  });

  it('are listed by account and role', async () => {
    const account = await budget.account();
    const first = await budget.key(account.id);
    const second = await budget.key(account.id);
    await update(second, { role: 'admin' });
    const list = async (query: object) =>
      (await budget.client.request(apiKeys.list, { accountId: account.id, ...query })).data.map(({ id }) => id);
    expect(await list({})).toEqual([first.id, second.id]);
    expect(await list({ role: 'admin' })).toEqual([second.id]);
  });

  it.each([
    ['accountId', { accountId: uuidv7(), name: 'x' }, 'accountId'],
    ['accountId', { accountId: 'x', name: 'x' }, 'input.accountId'],
    ['role', { accountId: uuidv7(), name: 'x', role: 'root' }, 'input.role'],
    ['expiresAt', { accountId: uuidv7(), name: 'x', expiresAt: 'tomorrow' }, 'input.expiresAt'],
  ])('refuse a bad %s', async (_, input, field) => {
    const create = budget.client.request(apiKeys.create, { input: input as never, actor: budget.actor });
    await expect(create).rejects.toMatchObject({ code: 'invalid_request', details: { field } });
  });
});
