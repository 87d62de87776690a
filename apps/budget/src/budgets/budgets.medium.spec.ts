import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { accounts, budgets, readConfiguration, type Budget } from '@purser/contracts';
import { temporaryFolder, testDatabase, waitUntil, type TemporaryFolder, type TestDatabase } from '@purser/testing';
import { v7 as uuidv7 } from 'uuid';
import { MAX_BUDGETS_ON_A_PATH } from '../accounts/accounts.service.ts';
import { WindowRepository } from '../leases/window.repository.ts';
import { migrations } from '../migrations/index.ts';
import { startTestBudget, type TestBudget } from '../testing/start-test-budget.ts';

describe('budgets', () => {
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

  let accountId: string;
  beforeAll(async () => {
    accountId = (await budget.account()).id;
  });
  const create = (input: object) => {
    const whole = { accountId, limitUsd: '1.00', window: 'total', ...input };
    return budget.client.request(budgets.create, { input: whole as never, actor: budget.actor });
  };
  const get = (id: string) => budget.client.request(budgets.get, { id });
  const update = ({ id }: Budget, changes: object) =>
    budget.client.request(budgets.update, { id, changes, actor: budget.actor });

  it('answer with the window that runs now', async () => {
    const total = await create({});
    expect(total).toMatchObject({ limitUsd: '1', window: 'total', timeZone: 'UTC', hard: true, filter: {} });
    const empty = { limitUsd: '1', settledUsd: '0', heldUsd: '0', overrunUsd: '0', remainingUsd: '1' };
    expect(total.current).toEqual({ ...empty, startsAt: expect.any(String), endsAt: null });
    const day = await create({ window: 'day', timeZone: 'Europe/Berlin' });
    const { startsAt, endsAt } = day.current;
    const inBerlin = new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/Berlin', timeStyle: 'medium' });
    expect([startsAt, endsAt as string].map((at) => inBerlin.format(new Date(at)))).toEqual(['00:00:00', '00:00:00']);
    expect(Date.parse(startsAt)).toBeLessThan(Date.parse(endsAt as string));
    expect(await get(day.id)).toEqual(day);
    const { data } = await budget.client.request(budgets.list, { accountId });
    expect(data).toEqual([total, day]);
  });

  it('show what was spent and held, and never less than nothing as remaining', async () => {
    const made = await create({ limitUsd: '3' });
    const spend = (settled: string, held: string) =>
      budget.database.query('UPDATE windows SET settled_nanos = $2, held_nanos = $3 WHERE budget_id = $1', [
        ...[made.id, settled, held],
      ]);
    await spend('1000000001', '500000000');
    expect((await get(made.id)).current).toMatchObject({
      settledUsd: '1.000000001',
      heldUsd: '0.5',
      remainingUsd: '1.499999999',
    });
    await spend('9000000000', '0');
    expect((await get(made.id)).current).toMatchObject({ remainingUsd: '0' });
  });

  it('bring a changed limit to the window that runs', async () => {
    const made = await create({});
    const changed = await update(made, { limitUsd: '0.25', hard: false });
    expect(changed).toMatchObject({
      limitUsd: '0.25',
      hard: false,
      current: { limitUsd: '0.25', remainingUsd: '0.25' },
    });
    const windows = await budget.database.query('SELECT limit_nanos, hard FROM windows WHERE budget_id = $1', [
      made.id,
    ]);
    expect(windows).toEqual([{ limit_nanos: '250000000', hard: false }]);
  });

  // Passes once insertCurrentWindows reads the budgets FOR SHARE: without that lock it may store the limit of before.
  it('bring a changed limit also to a window that another transaction is just making', async () => {
    const made = await create({});
    // As where the last window ended a moment ago.
    await budget.database.query('DELETE FROM windows WHERE budget_id = $1', [made.id]);
    const windows = budget.app.get(WindowRepository, { strict: false });
    const waiting = () =>
      waitUntil(
        async () => {
          const rows = await budget.database.query(
            `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
          );
          return rows.length > 0;
        },
        { timeoutMs: 10_000, what: 'the change waits for the new window' },
      );
    let change: Promise<Budget> | undefined;
    await budget.database.transaction(async () => {
      await windows.currentOf([made.id]);
      change = update(made, { limitUsd: '0.25' });
      await Promise.race([change, waiting()]);
    });
    expect(await change).toMatchObject({ current: { limitUsd: '0.25' } });
    expect(await get(made.id)).toMatchObject({ limitUsd: '0.25', current: { limitUsd: '0.25' } });
  });

  it('tell gateways what they count, and nothing of limits', async () => {
    const provider = await budget.provider();
    const model = await budget.model(provider.id);
    const filter = { providerId: provider.id, modelId: model.id };
    const made = await create({ filter, window: 'month', hard: false });
    expect(made.filter).toEqual(filter);
    const entryOf = async () => {
      const { entries } = await budget.client.request(readConfiguration, { since: 0, cursor: null });
      return entries.find(({ id }) => id === made.id)?.value;
    };
    const entry = { id: made.id, accountId, window: 'month', hard: false, disabled: false };
    expect(await entryOf()).toEqual({ ...entry, filter });
    await update(made, { filter: { modelId: model.id }, disabled: true });
    expect(await entryOf()).toEqual({ ...entry, disabled: true, filter: { modelId: model.id } });
    await update(made, { filter: {} });
    expect(await entryOf()).toMatchObject({ filter: {} });
    await budget.client.request(budgets.remove, { id: made.id, actor: budget.actor });
    expect(await entryOf()).toBeNull();
    await expect(get(made.id)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('filter by what exists and belongs together', async () => {
    const [one, two] = [await budget.provider(), await budget.provider()];
    const model = await budget.model(one.id);
    const refused = (field: string) => ({ code: 'invalid_request', details: { field } });
    const made = await create({});
    for (const write of [(filter: object) => create({ filter }), (filter: object) => update(made, { filter })]) {
      await expect(write({ providerId: uuidv7() })).rejects.toMatchObject(refused('filter.providerId'));
      await expect(write({ modelId: uuidv7() })).rejects.toMatchObject(refused('filter.modelId'));
      const foreign = { providerId: two.id, modelId: model.id };
      await expect(write(foreign)).rejects.toMatchObject(refused('filter.modelId'));
    }
    expect((await get(made.id)).version).toBe(1);
  });

  it.each([
    ['accountId', { accountId: uuidv7() }, 'accountId'],
    ['limitUsd', { limitUsd: '-1' }, 'input.limitUsd'],
    ['limitUsd', { limitUsd: 1 }, 'input.limitUsd'],
    ['limitUsd', { limitUsd: '1e9' }, 'input.limitUsd'],
    ['limitUsd', { limitUsd: '1000000000.1' }, 'input.limitUsd'],
    ['window', { window: 'year' }, 'input.window'],
    ['timeZone', { timeZone: 'Mars/Olympus' }, 'input.timeZone'],
    ['timeZone', { timeZone: '+05:30' }, 'input.timeZone'],
    ['filter', { filter: { route: 'x' } }, 'input.filter.route'],
  ])('refuse a bad %s', async (_, input, field) => {
    await expect(create(input)).rejects.toMatchObject({ code: 'invalid_request', details: { field } });
  });

  it('are at most as many from a root down to any account as one request can name', async () => {
    const top = await budget.account();
    const middle = await budget.account({ parentId: top.id });
    const lowest = await budget.account({ parentId: middle.id });
    const beside = await budget.account({ parentId: top.id });
    const half = MAX_BUDGETS_ON_A_PATH / 2;
    for (let i = 0; i < half; i += 1) {
      await create({ accountId: top.id });
      await create({ accountId: lowest.id });
    }
    const refused = { code: 'conflict', details: { field: 'accountId' } };
    for (const { id } of [top, middle, lowest]) await expect(create({ accountId: id })).rejects.toMatchObject(refused);
    const removable = await create({ accountId: beside.id });
    const moved = (id: string, parentId: string) =>
      budget.client.request(accounts.update, { id, changes: { parentId }, actor: budget.actor });
    const field = { code: 'invalid_request', details: { field: 'parentId' } };
    await expect(moved(middle.id, beside.id)).rejects.toMatchObject(field);
    await budget.client.request(budgets.remove, { id: removable.id, actor: budget.actor });
    expect((await moved(middle.id, beside.id)).path).toEqual([top.id, beside.id, middle.id]);
  });

  it('do not change their window: another budget is made instead', async () => {
    const made = await create({});
    await expect(update(made, { window: 'day' })).rejects.toMatchObject({ details: { field: 'changes.window' } });
    await expect(update(made, { timeZone: 'UTC' })).rejects.toMatchObject({ details: { field: 'changes.timeZone' } });
  });
});
