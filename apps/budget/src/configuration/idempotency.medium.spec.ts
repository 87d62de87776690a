import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { accounts, apiKeys } from '@purser/contracts';
import { temporaryFolder, testDatabase, type TemporaryFolder, type TestDatabase } from '@purser/testing';
import { v7 as uuidv7 } from 'uuid';
import { migrations } from '../migrations/index.ts';
import { startTestBudget, type TestBudget } from '../testing/start-test-budget.ts';

describe('Idempotency-Key', () => {
  let database: TestDatabase;
  let folder: TemporaryFolder;
  let budget: TestBudget;
  let accountId: string;
  beforeAll(async () => {
    [database, folder] = await Promise.all([testDatabase({ migrations, schema: 'budget' }), temporaryFolder()]);
    budget = await startTestBudget({ databaseUrl: database.url, dataDir: folder.path });
    accountId = (await budget.account()).id;
  });
  afterAll(async () => {
    await budget?.stop();
    await Promise.all([database?.drop(), folder?.remove()]);
  });

  const createKey = (idempotencyKey: string, name = 'x', actor = budget.actor) =>
    budget.client.request(apiKeys.create, { input: { accountId, name }, actor, idempotencyKey });
  const version = async () => {
    const [row] = await budget.database.query('SELECT version FROM configuration_version');
    return Number(row?.version);
  };

  it('answers a repeat with what the first was answered, the secret too, and changes nothing', async () => {
    const first = await createKey('repeat');
    const before = await version();
    expect(await createKey('repeat')).toEqual(first);
    expect(await version()).toBe(before);
    const { data } = await budget.client.request(apiKeys.list, { accountId });
    expect(data.filter(({ id }) => id === first.id)).toHaveLength(1);
  });

  it('makes one of many that come at once', async () => {
    const name = `once-${uuidv7()}`;
    const answers = await Promise.all(Array.from({ length: 8 }, () => createKey('at once', name)));
    expect(new Set(answers.map(({ key }) => key)).size).toBe(1);
    const { data } = await budget.client.request(apiKeys.list, { accountId, limit: 100 });
    expect(data.filter((key) => key.name === name)).toHaveLength(1);
  });

  it('is refused with another request', async () => {
    await createKey('other request', 'one');
    await expect(createKey('other request', 'two')).rejects.toMatchObject({ code: 'idempotency_conflict' });
  });

  it('is each caller’s own, and each resource’s own', async () => {
    const mine = await createKey('shared');
    const theirs = await createKey('shared', 'x', { keyId: uuidv7(), accountId });
    expect(theirs.id).not.toBe(mine.id);
    const input = { name: 'x' };
    const account = await budget.client.request(accounts.create, {
      input,
      actor: budget.actor,
      idempotencyKey: 'shared',
    });
    expect(account.name).toBe('x');
  });

  it('remembers no failure', async () => {
    const create = (input: object) =>
      budget.client.request(apiKeys.create, { input: input as never, actor: budget.actor, idempotencyKey: 'failed' });
    await expect(create({ accountId: uuidv7(), name: 'x' })).rejects.toMatchObject({ code: 'invalid_request' });
    expect(await create({ accountId, name: 'x' })).toMatchObject({ name: 'x' });
  });

  it('keeps no secret in the clear', async () => {
    const { key } = await createKey('sealed');
    const rows = await budget.database.query('SELECT row_to_json(i)::text AS text FROM idempotency_keys i');
    expect(rows.length).toBeGreaterThan(0);
    for (const { text } of rows) expect(text).not.toContain(key);
  });

  it('is forgotten after a day', async () => {
    const first = await createKey('old');
    const [row] = await budget.database.query(
      `SELECT extract(epoch FROM expires_at - clock_timestamp()) / 3600 AS hours FROM idempotency_keys WHERE key = 'old'`,
    );
    expect(Math.round(Number(row?.hours))).toBe(24);
    await budget.database.query(`UPDATE idempotency_keys SET expires_at = clock_timestamp() - interval '1 second'`);
    const second = await createKey('old');
    expect(second.id).not.toBe(first.id);
    expect(await budget.database.query('SELECT key FROM idempotency_keys')).toEqual([{ key: 'old' }]);
  });
});
