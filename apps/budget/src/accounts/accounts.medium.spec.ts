import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { accounts, budgets, type Account } from '@purser/contracts';
import { temporaryFolder, testDatabase, type TemporaryFolder, type TestDatabase } from '@purser/testing';
import { v7 as uuidv7 } from 'uuid';
import { migrations } from '../migrations/index.ts';
import { startTestBudget, type TestBudget } from '../testing/start-test-budget.ts';
import { MAX_ACCOUNT_DEPTH } from './accounts.service.ts';

describe('accounts', () => {
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

  const update = (account: Account, changes: object, ifMatch?: number) =>
    budget.client.request(accounts.update, { id: account.id, changes, ifMatch, actor: budget.actor });
  const remove = (id: string, ifMatch?: number) =>
    budget.client.request(accounts.remove, { id, ifMatch, actor: budget.actor });
  const get = (id: string) => budget.client.request(accounts.get, { id });

  it('form a tree, each with the path from its root', async () => {
    const root = await budget.account({ name: 'organisation' });
    const team = await budget.account({ name: 'team', parentId: root.id });
    const user = await budget.account({ name: 'user', parentId: team.id });
    expect(root).toMatchObject({ name: 'organisation', kind: 'account', parentId: null, path: [root.id], version: 1 });
    expect(user.path).toEqual([root.id, team.id, user.id]);
    const other = await budget.account({ name: 'other' });
    await update(team, { parentId: other.id });
    expect((await get(user.id)).path).toEqual([other.id, team.id, user.id]);
    await update(team, { parentId: null });
    expect((await get(user.id)).path).toEqual([team.id, user.id]);
  });

  it('refuse a parent that would make a cycle, itself, or one that does not exist', async () => {
    const top = await budget.account();
    const below = await budget.account({ parentId: top.id });
    const field = { code: 'invalid_request', details: { field: 'parentId' } };
    await expect(update(top, { parentId: below.id })).rejects.toMatchObject(field);
    await expect(update(top, { parentId: top.id })).rejects.toMatchObject(field);
    await expect(update(top, { parentId: uuidv7() })).rejects.toMatchObject(field);
    await expect(budget.account({ parentId: uuidv7() })).rejects.toMatchObject(field);
    expect(await get(top.id)).toEqual(top);
  });

  it('can never be moved into a cycle by two moves at once', async () => {
    const attempts = Array.from({ length: 8 }, async () => {
      const [a, b] = [await budget.account(), await budget.account()];
      const moves = await Promise.allSettled([update(a, { parentId: b.id }), update(b, { parentId: a.id })]);
      return moves.map(({ status }) => status).sort();
    });
    for (const outcome of await Promise.all(attempts)) expect(outcome).toEqual(['fulfilled', 'rejected']);
  });

  it('reach no deeper than the tree may, whether made there or moved there', async () => {
    let deepest = await budget.account();
    for (let level = 1; level < MAX_ACCOUNT_DEPTH; level += 1) {
      deepest = await budget.account({ parentId: deepest.id });
    }
    expect(deepest.path).toHaveLength(MAX_ACCOUNT_DEPTH);
    const field = { code: 'invalid_request', details: { field: 'parentId' } };
    await expect(budget.account({ parentId: deepest.id })).rejects.toMatchObject(field);
    const parent = await budget.account();
    await budget.account({ parentId: parent.id });
    const last = deepest.path.at(-2) as string;
    await expect(update(parent, { parentId: last })).rejects.toMatchObject(field);
  });

  it('are removed only without accounts, keys and budgets, and are gone then', async () => {
    const account = await budget.account();
    const child = await budget.account({ parentId: account.id });
    const conflict = (children: string[]) => ({ code: 'conflict', details: { children } });
    await expect(remove(account.id)).rejects.toMatchObject(conflict(['accounts']));
    const key = await budget.key(child.id);
    const input = { accountId: child.id, limitUsd: '1', window: 'day' } as const;
    await budget.client.request(budgets.create, { input, actor: budget.actor });
    await expect(remove(child.id)).rejects.toMatchObject(conflict(['keys', 'budgets']));
    expect(key.accountId).toBe(child.id);

    const alone = await budget.account({ parentId: account.id });
    await expect(remove(alone.id, 7)).rejects.toMatchObject({ code: 'precondition_failed' });
    await remove(alone.id, 1);
    await expect(get(alone.id)).rejects.toMatchObject({ code: 'not_found' });
    await expect(remove(alone.id)).rejects.toMatchObject({ code: 'not_found' });
    await expect(update(alone, { name: 'again' })).rejects.toMatchObject({ code: 'not_found' });
    await expect(budget.account({ parentId: alone.id })).rejects.toMatchObject({ details: { field: 'parentId' } });
  });

  it('are changed by one of two who read the same version', async () => {
    const account = await budget.account();
    const changes = await Promise.allSettled(['one', 'two', 'three'].map((name) => update(account, { name }, 1)));
    const won = changes.flatMap((change) => (change.status === 'fulfilled' ? [change.value] : []));
    const lost = changes.flatMap((change) => (change.status === 'rejected' ? [change.reason] : []));
    expect(won).toHaveLength(1);
    expect(lost).toHaveLength(2);
    for (const error of lost) expect(error).toMatchObject({ code: 'precondition_failed', details: { version: 2 } });
    expect(await get(account.id)).toEqual(won[0]);
    expect(won[0]).toMatchObject({ version: 2, createdAt: account.createdAt });
    expect(won[0]?.updatedAt).not.toBe(account.updatedAt);
  });

  it('are listed by pages, filtered and sorted', async () => {
    const parent = await budget.account();
    for (const name of ['c', 'a', 'b', 'a']) await budget.account({ name, parentId: parent.id });
    const list = (query: object) => budget.client.request(accounts.list, { parentId: parent.id, ...query });
    const names = async (query: object) => (await list(query)).data.map(({ name }) => name);
    expect(await names({})).toEqual(['c', 'a', 'b', 'a']);
    expect(await names({ sort: '-createdAt' })).toEqual(['a', 'b', 'a', 'c']);
    expect(await names({ sort: 'name' })).toEqual(['a', 'a', 'b', 'c']);
    expect(await names({ name: 'a' })).toEqual(['a', 'a']);
    expect(await names({ kind: 'team' })).toEqual([]);
    const second = await list({ limit: '3', page: '2' });
    expect(second.data.map(({ path }) => path.length)).toEqual([2]);
    expect(second.pagination).toEqual({ page: 2, limit: 3, total: 4, pages: 2, hasNext: false, hasPrev: true });
    expect((await list({ page: 9 })).data).toEqual([]);
  });

  it.each([
    ['name', { name: '' }],
    ['name', { name: 'line\nbreak' }],
    ['kind', { name: 'x', kind: 'Über' }],
    ['parentId', { name: 'x', parentId: 'no id' }],
    ['overBudget', { name: 'x', overBudget: 'clamp' }],
    ['colour', { name: 'x', colour: 'red' }],
  ])('refuse a bad %s', async (field, input) => {
    const create = budget.client.request(accounts.create, { input: input as never, actor: budget.actor });
    await expect(create).rejects.toMatchObject({ code: 'invalid_request', details: { field: `input.${field}` } });
  });

  it.each(['', 'x', '%', "' or 1=1"])('do not exist under the id "%s"', async (id) => {
    await expect(get(id)).rejects.toMatchObject({ code: 'not_found' });
  });
});
