import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { accounts, apiKeys, providers, readConfiguration, type RequestContract } from '@purser/contracts';
import { temporaryFolder, testDatabase, type TemporaryFolder, type TestDatabase } from '@purser/testing';
import { v7 as uuidv7 } from 'uuid';
import { migrations } from '../migrations/index.ts';
import { startTestBudget, type TestBudget } from '../testing/start-test-budget.ts';

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

interface Limited {
  readonly id: string;
  readonly limits: unknown;
}

const ask = async (contract: RequestContract, message: object): Promise<Limited> =>
  (await budget.client.request(contract, { ...message, actor: budget.actor })) as Limited;
const known = async (id: string) => {
  const { entries } = await budget.client.request(readConfiguration, { since: 0, cursor: null });
  return entries.find((entry) => entry.id === id)?.value;
};

describe.each([
  ['account', accounts, () => Promise.resolve({ name: 'acme' }), { concurrency: 3 }],
  ['key', apiKeys, async () => ({ accountId: (await budget.account()).id, name: 'a key' }), { concurrency: 3 }],
  [
    'provider',
    providers,
    () => Promise.resolve({ name: `p-${uuidv7()}`, kind: 'openai', baseUrl: 'http://127.0.0.1:9' }),
    {},
  ],
] as const)('the limits of an %s', (kind, contract, fields, more) => {
  const create = async (limits?: unknown) => ask(contract.create, { input: { ...(await fields()), limits } });
  const change = ({ id }: Limited, limits: unknown) => ask(contract.update, { id, changes: { limits } });

  it('are none unless they are given', async () => {
    const { id, limits } = await create();
    expect(limits).toBeNull();
    expect(await known(id)).toMatchObject({ limits: null });
  });

  it('are kept as given, and gateways are told', async () => {
    const given = { requestsPerMinute: 60, tokensPerMinute: 1_000_000_000, ...more };
    const { id, limits } = await create(given);
    expect(limits).toEqual(given);
    expect(await ask(contract.get, { id })).toMatchObject({ limits: given });
    expect(await known(id)).toMatchObject({ limits: given });
  });

  it('are replaced as a whole, and removed by null and by an empty object', async () => {
    const created = await create({ requestsPerMinute: 60, ...more });
    const changed = await change(created, { tokensPerMinute: 500 });
    expect(changed.limits).toEqual({ tokensPerMinute: 500 });
    expect(await known(created.id)).toMatchObject({ limits: { tokensPerMinute: 500 } });
    expect((await change(created, {})).limits).toBeNull();
    await change(created, { requestsPerMinute: 1 });
    expect((await change(created, null)).limits).toBeNull();
    expect(await known(created.id)).toMatchObject({ limits: null });
  });

  it.each<[string, unknown, string]>([
    ['limits', 5, 'an object of limits'],
    ['limits', [], 'an object of limits'],
    ['limits.requestsPerMinute', { requestsPerMinute: 0 }, 'a whole number from 1 to 1 000 000 000'],
    ['limits.requestsPerMinute', { requestsPerMinute: -1 }, 'a whole number from 1 to 1 000 000 000'],
    ['limits.tokensPerMinute', { tokensPerMinute: 1.5 }, 'a whole number from 1 to 1 000 000 000'],
    ['limits.tokensPerMinute', { tokensPerMinute: 1e300 }, 'a whole number from 1 to 1 000 000 000'],
    ['limits.tokensPerMinute', { tokensPerMinute: null }, 'a whole number from 1 to 1 000 000 000'],
    ['limits.requestsPerMinute', { requestsPerMinute: '60' }, 'a whole number from 1 to 1 000 000 000'],
    ['limits.requestsPerHour', { requestsPerHour: 60 }, 'not a field that is known'],
    [
      'limits.concurrency',
      { concurrency: 10_001 },
      kind === 'provider' ? 'not a field' : 'a whole number from 1 to 10 000',
    ],
  ])('are refused by name: %s as %j', async (field, limits, allowed) => {
    const created = await create();
    for (const [write, prefix] of [
      [create(limits), 'input'],
      [change(created, limits), 'changes'],
    ] as const) {
      const refused = { code: 'invalid_request', details: { field: `${prefix}.${field}` } };
      await expect(write).rejects.toMatchObject({ ...refused, message: expect.stringContaining(allowed) });
    }
    expect(await ask(contract.get, { id: created.id })).toMatchObject({ limits: null, version: 1 });
  });
});
