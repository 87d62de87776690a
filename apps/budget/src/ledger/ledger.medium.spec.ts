import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { budgets, listLedger, type Budget, type LedgerEntry } from '@purser/contracts';
import { temporaryFolder, testDatabase, type TemporaryFolder, type TestDatabase } from '@purser/testing';
import { v7 as uuidv7 } from 'uuid';
import { migrations } from '../migrations/index.ts';
import { startTestBudget, type TestBudget } from '../testing/start-test-budget.ts';

describe('the ledger', () => {
  let database: TestDatabase;
  let folder: TemporaryFolder;
  let budget: TestBudget;
  let mine: Budget;
  let other: Budget;
  const windowId = uuidv7();
  const batchId = uuidv7();
  beforeAll(async () => {
    [database, folder] = await Promise.all([testDatabase({ migrations, schema: 'budget' }), temporaryFolder()]);
    budget = await startTestBudget({ databaseUrl: database.url, dataDir: folder.path });
    const create = async () => {
      const input = { accountId: (await budget.account()).id, limitUsd: '1', window: 'total' } as const;
      return budget.client.request(budgets.create, { input, actor: budget.actor });
    };
    [mine, other] = [await create(), await create()];
    for (let i = 1; i <= 5; i += 1) await insert(mine, 'grant', BigInt(i), 0n, 0n);
    await insert(mine, 'settle', -3n, 1_500_000_002n, 7n);
    await insert(other, 'grant', 9n, 0n, 0n);
  });
  afterAll(async () => {
    await budget?.stop();
    await Promise.all([database?.drop(), folder?.remove()]);
  });

  const insert = (of: Budget, kind: string, ...deltas: [bigint, bigint, bigint]) =>
    budget.database.query(
      `INSERT INTO ledger_entries (kind, budget_id, window_id, batch_id, held_delta_nanos, settled_delta_nanos, overrun_delta_nanos)
        VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [kind, of.id, of === mine ? windowId : uuidv7(), kind === 'settle' ? batchId : null, ...deltas.map(String)],
    );
  const list = (query: object) => budget.client.request(listLedger, query);
  const held = (entries: LedgerEntry[]) => entries.map(({ heldUsd }) => heldUsd);

  it('shows the newest first, with amounts to the nano-dollar', async () => {
    const { data, pagination } = await list({ budgetId: mine.id });
    expect(pagination).toEqual({ limit: 50, nextCursor: null });
    expect(data).toHaveLength(6);
    expect(data[0]).toEqual({
      ...{ id: expect.any(String), at: expect.any(String), kind: 'settle', batchId, leaseId: null, windowId },
      ...{ accountId: mine.accountId, budgetId: mine.id },
      ...{ heldUsd: '-0.000000003', settledUsd: '1.500000002', overrunUsd: '0.000000007' },
    });
  });

  it('pages by a cursor that new entries do not shift', async () => {
    const first = await list({ accountId: mine.accountId, kind: 'grant', limit: 2 });
    expect(held(first.data)).toEqual(['0.000000005', '0.000000004']);
    await insert(mine, 'grant', 100n, 0n, 0n);
    const second = await list({
      accountId: mine.accountId,
      kind: 'grant',
      limit: 2,
      cursor: first.pagination.nextCursor,
    });
    expect(held(second.data)).toEqual(['0.000000003', '0.000000002']);
    const third = await list({
      accountId: mine.accountId,
      kind: 'grant',
      limit: 2,
      cursor: second.pagination.nextCursor,
    });
    expect(held(third.data)).toEqual(['0.000000001']);
    expect(third.pagination.nextCursor).toBeNull();
  });

  it('is filtered by window, account, budget and kind', async () => {
    expect((await list({ windowId, kind: 'settle' })).data).toHaveLength(1);
    expect(held((await list({ accountId: other.accountId })).data)).toEqual(['0.000000009']);
    expect((await list({ accountId: other.accountId, budgetId: mine.id })).data).toEqual([]);
    expect((await list({})).data.length).toBeGreaterThan(6);
  });

  it.each([
    ['cursor', { cursor: 'x' }],
    ['cursor', { cursor: '0' }],
    ['cursor', { cursor: '9'.repeat(30) }],
    ['kind', { kind: 'gift' }],
    ['limit', { limit: 101 }],
  ])('refuses a bad %s', async (field, query) => {
    await expect(list(query)).rejects.toMatchObject({ code: 'invalid_request', details: { field } });
  });
});
