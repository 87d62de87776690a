import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  accounts,
  apiKeys,
  budgets,
  listLeases,
  listLedger,
  MAX_VISIBLE_ACCOUNTS,
  type Account,
  type Budget,
} from '@purser/contracts';
import { temporaryFolder, testDatabase, type TemporaryFolder, type TestDatabase } from '@purser/testing';
import { v7 as uuidv7 } from 'uuid';
import { migrations } from '../migrations/index.ts';
import { Spender } from '../testing/spender.ts';
import { startTestBudget, type TestBudget } from '../testing/start-test-budget.ts';

interface Query {
  readonly accountId?: string;
  readonly limit?: number;
  readonly page?: number;
  readonly visibleTo?: string[];
}

describe('lists for those who see some accounts only', () => {
  let database: TestDatabase;
  let folder: TemporaryFolder;
  let service: TestBudget;
  let own: Account;
  let below: Account;
  let foreign: Account;
  beforeAll(async () => {
    [database, folder] = await Promise.all([testDatabase({ migrations, schema: 'budget' }), temporaryFolder()]);
    service = await startTestBudget({ databaseUrl: database.url, dataDir: folder.path });
    own = await service.account({ name: 'own' });
    below = await service.account({ name: 'below', parentId: own.id });
    foreign = await service.account({ name: 'foreign' });
    for (const { id } of [own, below, foreign]) {
      await service.key(id);
      await service.key(id);
      await spend(await budgetOf(id));
    }
  });
  afterAll(async () => {
    await service?.stop();
    await Promise.all([database?.drop(), folder?.remove()]);
  });

  function budgetOf(accountId: string): Promise<Budget> {
    const input = { accountId, limitUsd: '1', window: 'total' } as const;
    return service.client.request(budgets.create, { input, actor: service.actor });
  }

  /** Makes a lease on which money rests, and with it an entry of the ledger. */
  async function spend(budget: Budget): Promise<void> {
    const spender = new Spender(service.client);
    await spender.hello();
    await spender.ask([budget.id], 5n);
  }

  /** The accounts of the rows that a list answers with. */
  const askers: Readonly<Record<string, (query: Query) => Promise<string[]>>> = {
    keys: async (query) => (await service.client.request(apiKeys.list, query)).data.map(({ accountId }) => accountId),
    budgets: async (query) =>
      (await service.client.request(budgets.list, query)).data.map(({ accountId }) => accountId),
    ledger: async (query) => (await service.client.request(listLedger, query)).data.map(({ accountId }) => accountId),
    leases: async (query) => (await service.client.request(listLeases, query)).data.map(({ accountId }) => accountId),
  };
  const cases = Object.entries(askers);
  const unique = (ids: string[]) => [...new Set(ids)].sort();

  it.each(cases)('hold of %s those of the accounts, whatever else there is', async (_, accountsOf) => {
    expect(await accountsOf({})).toEqual(expect.arrayContaining([own.id, below.id, foreign.id]));
    expect(unique(await accountsOf({ visibleTo: [own.id, below.id] }))).toEqual(unique([own.id, below.id]));
    expect(unique(await accountsOf({ visibleTo: [below.id.toUpperCase()] }))).toEqual([below.id]);
    expect(await accountsOf({ visibleTo: [uuidv7()] })).toEqual([]);
    expect(await accountsOf({ visibleTo: [] })).toEqual([]);
  });

  it.each(cases)('hold of %s those of the account that is asked for, if it is among them', async (_, accountsOf) => {
    expect(unique(await accountsOf({ accountId: below.id }))).toEqual([below.id]);
    expect(unique(await accountsOf({ accountId: below.id, visibleTo: [own.id, below.id] }))).toEqual([below.id]);
    expect(await accountsOf({ accountId: foreign.id, visibleTo: [own.id, below.id] })).toEqual([]);
    expect(await accountsOf({ accountId: foreign.id, visibleTo: [] })).toEqual([]);
  });

  it('count what is seen, and page by it', async () => {
    const visibleTo = [own.id, below.id];
    const keys = await service.client.request(apiKeys.list, { visibleTo, limit: 3, page: 2 });
    expect(keys.pagination).toEqual({ page: 2, limit: 3, total: 4, pages: 2, hasNext: false, hasPrev: true });
    expect(keys.data).toHaveLength(1);
    const none = await service.client.request(budgets.list, { visibleTo: [] });
    expect(none).toMatchObject({ data: [], pagination: { total: 0, pages: 0, hasNext: false } });
    const first = await service.client.request(listLedger, { visibleTo, limit: 1 });
    const second = await service.client.request(listLedger, {
      ...{ visibleTo, limit: 1, cursor: first.pagination.nextCursor ?? '' },
    });
    expect([...first.data, ...second.data].map(({ accountId }) => accountId)).toEqual([below.id, own.id]);
    expect(second.pagination.nextCursor).toBeNull();
  });

  it('hold of accounts those that are seen, also by parent and name', async () => {
    const idsOf = async (query: object) => {
      const { data, pagination } = await service.client.request(accounts.list, query);
      expect(pagination.total).toBe(data.length);
      return data.map(({ id }) => id);
    };
    expect(await idsOf({ visibleTo: [own.id, below.id] })).toEqual([own.id, below.id]);
    expect(await idsOf({ parentId: own.id, visibleTo: [own.id] })).toEqual([]);
    expect(await idsOf({ parentId: own.id, visibleTo: [below.id] })).toEqual([below.id]);
    expect(await idsOf({ name: 'foreign', visibleTo: [own.id, below.id] })).toEqual([]);
    expect(await idsOf({ visibleTo: [] })).toEqual([]);
  });

  it('are answered for as many accounts as a message may name, and refused for more', async () => {
    const many = Array.from({ length: MAX_VISIBLE_ACCOUNTS - 1 }, () => uuidv7());
    for (const [, accountsOf] of cases) {
      expect(unique(await accountsOf({ visibleTo: [...many, own.id] }))).toEqual([own.id]);
    }
    const tooMany = service.client.request(apiKeys.list, { visibleTo: [...many, own.id, below.id] });
    await expect(tooMany).rejects.toMatchObject({ code: 'invalid_request', details: { field: 'visibleTo' } });
  });
});
