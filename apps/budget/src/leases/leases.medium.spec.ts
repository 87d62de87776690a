import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  budgets,
  listLeases,
  releaseLease,
  settle as settleContract,
  type Budget,
  type UsageRecord,
} from '@purser/contracts';
import { parseUsd, windowAt, type WindowKind } from '@purser/money';
import {
  finishedAttempt,
  temporaryFolder,
  testDatabase,
  type TemporaryFolder,
  type TestDatabase,
} from '@purser/testing';
import { v7 as uuidv7 } from 'uuid';
import { migrations } from '../migrations/index.ts';
import { Spender } from '../testing/spender.ts';
import { startTestBudget, type TestBudget } from '../testing/start-test-budget.ts';

let database: TestDatabase;
let folder: TemporaryFolder;
let service: TestBudget;
let replica: TestBudget;
let accountId: string;

beforeAll(async () => {
  [database, folder] = await Promise.all([testDatabase({ migrations, schema: 'budget' }), temporaryFolder()]);
  const options = { databaseUrl: database.url, dataDir: folder.path };
  service = await startTestBudget(options);
  replica = await startTestBudget({ ...options, broker: service.broker });
});
afterAll(async () => {
  await service?.stop();
  await replica?.stop();
  await Promise.all([database?.drop(), folder?.remove()]);
});
beforeEach(async () => {
  accountId = (await service.account()).id;
});

describe('grants', () => {
  it('are never more than the limit, however many sessions ask at once', async () => {
    const budget = await makeBudget('0.0000001');
    const spenders = await Promise.all(Array.from({ length: 8 }, () => begun()));
    // Five each, one after the other, as a session does.
    const granted = await Promise.all(
      spenders.map(async (spender) => {
        let count = 0;
        for (let i = 0; i < 5; i += 1) {
          const { refused, wait } = await spender.ask([budget.id], 7n);
          if (refused.length + wait.length === 0) count += 1;
        }
        return count;
      }),
    );
    expect(granted.reduce((sum, count) => sum + count)).toBe(14);
    expect(await totalsOf(budget)).toMatchObject({ heldUsd: '0.000000098', remainingUsd: '0.000000002' });
    await expectLedgerToAddUp(budget);
  });

  it('are in all windows of a need or in none', async () => {
    const [wide, narrow] = [await makeBudget('1'), await makeBudget('0.00000005')];
    const spender = await begun();
    const answer = await spender.ask([wide.id, narrow.id], 60n);
    expect(answer.refused).toMatchObject([{ budget: narrow.id, remaining: '50' }]);
    expect((await totalsOf(wide)).heldUsd).toBe('0');
  });

  it('are refused at once when they can never fit, with what is left and when it ends', async () => {
    const budget = await makeBudget('0.0000001', { window: 'day' });
    const { refused } = await (await begun()).ask([budget.id], 101n, { maxWaitMs: 60_000 });
    expect(refused).toEqual([{ id: 'need', budget: budget.id, remaining: '100', endsAt: budget.current.endsAt }]);
  });

  it('wait for money in flight elsewhere, recall it, and get it', async () => {
    const budget = await makeBudget('0.0000001');
    const [idle, asking] = [await begun(), await begun()];
    await idle.ask([budget.id], 10n, { extra: ['80'] });
    const first = await asking.ask([budget.id], 90n, { maxWaitMs: 0 });
    expect(first.wait).toEqual(['need']);
    const heartbeat = await idle.lease();
    expect(heartbeat).toMatchObject({ leases: [{ budget: budget.id, tight: true, epoch: 1 }] });
    const [held] = 'fenced' in heartbeat ? [] : heartbeat.leases;
    await idle.lease({ returns: [{ lease: held?.id as string, returned: held?.granted as string, epoch: 1 }] });
    const second = await asking.ask([budget.id], 90n, { waitedMs: 20 });
    expect([second.refused, second.wait]).toEqual([[], []]);
    expect((await totalsOf(budget)).heldUsd).toBe('0.00000009');
  });

  it('give no more in advance than half an even share of what is left', async () => {
    const budget = await makeBudget('0.000001');
    const [spender] = [await begun(), await begun()];
    const { leases } = await spender.ask([budget.id], 100n, { extra: ['1000000'] });
    expect(BigInt(leases[0]?.granted as string)).toBeLessThanOrEqual(100n + 900n / 4n);
  });

  it('never refuse for a soft budget, and count in it all the same', async () => {
    const budget = await makeBudget('0.0000001', { hard: false });
    const answer = await (await begun()).ask([budget.id], 500n);
    expect(answer.refused).toEqual([]);
    expect(await totalsOf(budget)).toMatchObject({ heldUsd: '0.0000005', remainingUsd: '0' });
  });

  it('stop when the limit is lowered, and take nothing back', async () => {
    const budget = await makeBudget('0.0000001');
    const spender = await begun();
    await spender.ask([budget.id], 80n);
    const changes = { limitUsd: '0.00000005' };
    await service.client.request(budgets.update, { id: budget.id, changes, actor: service.actor });
    expect(await totalsOf(budget)).toMatchObject({ limitUsd: '0.00000005', heldUsd: '0.00000008', remainingUsd: '0' });
    expect((await spender.ask([budget.id], 1n)).wait).toHaveLength(1);
    expect((await spender.ask([budget.id], 1n, { waitedMs: 1_001 })).refused).toHaveLength(1);
  });

  it('answer a repeated message with all leases of the session and change nothing', async () => {
    const budget = await makeBudget('0.0000001');
    const spender = await begun();
    const message = {
      seq: 2,
      needs: [{ id: 'n', amount: '30', budgets: [budget.id], waitedMs: 0, maxWaitMs: 0, extra: ['0'] }],
    };
    const first = await spender.lease(message);
    const again = await spender.lease(message);
    expect('fenced' in again ? [] : again.leases).toEqual([
      expect.objectContaining({ ...('fenced' in first ? {} : first.leases[0]), endsInMs: null }),
    ]);
    expect((await totalsOf(budget)).heldUsd).toBe('0.00000003');
  });

  it('refuse a budget that does not exist, by name', async () => {
    const id = uuidv7();
    expect((await (await begun()).ask([id], 1n)).refused).toMatchObject([{ budget: id, remaining: '0' }]);
  });
});

describe('sessions', () => {
  it('are fenced by the next one of their gateway and recovered once silent', async () => {
    const budget = await makeBudget('0.0000001');
    const old = await begun();
    await old.ask([budget.id], 40n);
    const next = new Spender(service.client, old.gatewayId);
    const { olds } = await next.hello();
    expect(olds).toEqual([{ session: old.session, waitMs: expect.any(Number) }]);
    expect(await old.lease()).toEqual({ fenced: true });
    expect((await next.recover(old.session)).waitMs).toBeGreaterThan(0);
    await silence(old.session);
    expect(await next.recover(old.session)).toEqual({ waitMs: 0 });
    expect((await totalsOf(budget)).heldUsd).toBe('0');
    expect(await next.recover(old.session)).toEqual({ waitMs: 0 });
    await expectLedgerToAddUp(budget);
  });

  it('are abandoned when the journal can not be trusted, and their money stays held until it is released', async () => {
    const budget = await makeBudget('0.0000001');
    const old = await begun();
    const { leases } = await old.ask([budget.id], 40n);
    const next = new Spender(service.client, old.gatewayId);
    expect((await next.hello(false)).olds).toEqual([]);
    await silence(old.session);
    await expect(next.recover(old.session)).rejects.toMatchObject({ kind: 'conflict' });
    const list = await service.client.request(listLeases, { budgetId: budget.id, stranded: 'true' });
    expect(list.data).toMatchObject([{ id: leases[0]?.id, restUsd: '0.00000004', sessionState: 'abandoned' }]);
    const release = { id: leases[0]?.id as string, input: { as: 'spent' as const } };
    await service.client.request(releaseLease, release);
    await service.client.request(releaseLease, release);
    expect(await totalsOf(budget)).toMatchObject({ heldUsd: '0', settledUsd: '0.00000004' });
    await expectLedgerToAddUp(budget);
  });

  it('keep their leases while they live: an operator can not release those', async () => {
    const budget = await makeBudget('0.0000001');
    const { leases } = await (await begun()).ask([budget.id], 40n);
    const release = { id: leases[0]?.id as string, input: { as: 'unspent' as const } };
    await expect(service.client.request(releaseLease, release)).rejects.toMatchObject({ kind: 'conflict' });
  });

  it('that were cut off are fenced by a release, so that they can not spend what is free again', async () => {
    const budget = await makeBudget('0.0000001');
    const spender = await begun();
    const { leases } = await spender.ask([budget.id], 40n);
    await silence(spender.session);
    const release = { id: leases[0]?.id as string, input: { as: 'unspent' as const } };
    expect(await service.client.request(releaseLease, release)).toMatchObject({ state: 'released', restUsd: '0' });
    expect(await spender.lease()).toEqual({ fenced: true });
    expect(await totalsOf(budget)).toMatchObject({ heldUsd: '0', settledUsd: '0' });
  });
});

describe('settlement', () => {
  it('moves what was spent from held to settled, each usage once, and says so in one ledger entry', async () => {
    const budget = await makeBudget('0.000001');
    const spender = await begun();
    const { leases } = await spender.ask([budget.id], 500n);
    const records = [100n, 50n, 0n].map((cost) => usage([leases[0]?.id as string], cost, 160n));
    expect((await spender.settle(records)).results).toEqual(['ok', 'ok', 'ok']);
    expect((await spender.settle(records)).results).toEqual(['duplicate', 'duplicate', 'duplicate']);
    expect(await totalsOf(budget)).toMatchObject({ settledUsd: '0.00000015', heldUsd: '0.00000035' });
    const entries = await ledgerOf(budget);
    expect(entries.filter(({ kind }) => kind === 'settle')).toHaveLength(1);
    await expectLedgerToAddUp(budget);
  });

  it('settles a measured cost above the bound as overrun, and an estimate never above what is covered', async () => {
    const budget = await makeBudget('0.000001');
    const spender = await begun();
    const { leases } = await spender.ask([budget.id], 100n);
    await spender.settle([usage([leases[0]?.id as string], 130n, 100n)]);
    expect(await totalsOf(budget)).toMatchObject({ settledUsd: '0.00000013', overrunUsd: '0.00000003', heldUsd: '0' });
    await spender.settle([usage([leases[0]?.id as string], 50n, 50n, { estimated: true })]);
    expect(await totalsOf(budget)).toMatchObject({ settledUsd: '0.00000013', overrunUsd: '0.00000003' });
  });

  it('settles each record once when two replicas get them at the same moment', async () => {
    const budget = await makeBudget('0.000001');
    const spender = await begun();
    const { leases } = await spender.ask([budget.id], 1_000n);
    const records = Array.from({ length: 100 }, () => usage([leases[0]?.id as string], 3n, 10n));
    const answers = await Promise.all(
      [service, replica, service, replica].map(({ client }) =>
        client.request(settleContract, { session: spender.session, records }),
      ),
    );
    const settled = answers.flatMap(({ results }) => results).filter((result) => result === 'ok');
    expect(settled).toHaveLength(100);
    expect((await totalsOf(budget)).settledUsd).toBe('0.0000003');
  });

  it('sets a record aside that it can not understand, and settles the others', async () => {
    const budget = await makeBudget('0.000001');
    const spender = await begun();
    const { leases } = await spender.ask([budget.id], 100n);
    const good = usage([leases[0]?.id as string], 10n, 20n);
    const records = [{ ...good, usageId: uuidv7(), cost: '-4' }, good, usage([uuidv7()], 1n, 1n), 'nonsense'];
    expect((await spender.settle(records)).results).toEqual(['malformed', 'ok', 'malformed', 'malformed']);
    const aside = await service.database.query('SELECT reason FROM quarantined_records WHERE session_id = $1', [
      spender.session,
    ]);
    expect(aside).toHaveLength(3);
    expect(await totalsOf(budget)).toMatchObject({ settledUsd: '0.00000001', heldUsd: '0.00000009' });
  });
});

describe('windows', () => {
  const kinds: WindowKind[] = ['hour', 'day', 'week', 'month'];
  const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Pacific/Auckland'];

  it.each(kinds.flatMap((kind) => zones.map((zone) => [kind, zone] as const)))(
    'of a %s in %s are those of the calendar',
    async (kind, timeZone) => {
      const budget = await makeBudget('1', { window: kind, timeZone });
      const expected = windowAt(kind, timeZone, new Date());
      expect(budget.current.startsAt).toBe(expected.startsAt.toISOString());
      expect(budget.current.endsAt).toBe(expected.endsAt?.toISOString());
    },
  );

  it('begin where midnight comes first, where a clock is set back over it', async () => {
    // In Havana the clock went from 01:00 back to 00:00 on 2 November 2025, at 05:00 UTC.
    const [row] = await service.database.query<{ first: Date }>(
      `SELECT first_midnight('2025-11-02 00:00', 'America/Havana') AS first`,
    );
    expect(row?.first.toISOString()).toBe('2025-11-02T04:00:00.000Z');
  });

  it('that end are followed by a new one, and pay for what was reserved in them', async () => {
    const budget = await makeBudget('0.000001', { window: 'hour' });
    const spender = await begun();
    const { leases } = await spender.ask([budget.id], 100n);
    await service.database.query(
      `UPDATE windows SET starts_at = starts_at - interval '2 hours', ends_at = ends_at - interval '2 hours' WHERE budget_id = $1`,
      [budget.id],
    );
    const next = await spender.ask([budget.id], 1_000n);
    expect(next.refused).toEqual([]);
    expect(next.leases[0]?.window).not.toBe(leases[0]?.window);
    await spender.settle([usage([leases[0]?.id as string], 70n, 100n)]);
    const rows = await service.database.query(
      'SELECT settled_nanos, held_nanos FROM windows WHERE budget_id = $1 ORDER BY starts_at',
      [budget.id],
    );
    expect(rows).toEqual([
      { settled_nanos: '70', held_nanos: '30' },
      { settled_nanos: '0', held_nanos: '1000' },
    ]);
  });

  it('are made once when many need them first at the same moment', async () => {
    const budget = await makeBudget('1', { window: 'hour' });
    await service.database.query('DELETE FROM windows WHERE budget_id = $1', [budget.id]);
    const spenders = await Promise.all(Array.from({ length: 6 }, () => begun()));
    await Promise.all(spenders.map((spender) => spender.ask([budget.id], 5n)));
    const rows = await service.database.query('SELECT held_nanos FROM windows WHERE budget_id = $1', [budget.id]);
    expect(rows).toEqual([{ held_nanos: '30' }]);
  });
});

async function begun(): Promise<Spender> {
  const spender = new Spender(service.client);
  await spender.hello();
  await spender.lease();
  return spender;
}

function makeBudget(
  limitUsd: string,
  more: Partial<Pick<Budget, 'window' | 'hard' | 'timeZone'>> = {},
): Promise<Budget> {
  const input = { accountId, limitUsd, window: 'total' as const, ...more };
  return service.client.request(budgets.create, { input, actor: service.actor });
}

async function totalsOf({ id }: Budget): Promise<Budget['current']> {
  return (await service.client.request(budgets.get, { id })).current;
}

type Entry = { kind: string; held: string; settled: string; overrun: string };

function ledgerOf({ id }: Budget): Promise<Entry[]> {
  return service.database.query<Entry>(
    `SELECT kind, held_delta_nanos AS held, settled_delta_nanos AS settled, overrun_delta_nanos AS overrun
      FROM ledger_entries WHERE budget_id = $1`,
    [id],
  );
}

async function expectLedgerToAddUp(budget: Budget): Promise<void> {
  const entries = await ledgerOf(budget);
  const sum = (field: 'held' | 'settled' | 'overrun') =>
    entries.reduce((total, entry) => total + BigInt(entry[field]), 0n);
  const { heldUsd, settledUsd, overrunUsd } = await totalsOf(budget);
  expect([sum('held'), sum('settled'), sum('overrun')]).toEqual(
    [heldUsd, settledUsd, overrunUsd].map((usd) => parseUsd(usd)),
  );
}

/** As if a session had not been heard of for a while. */
async function silence(session: string): Promise<void> {
  await service.database.query(`UPDATE sessions SET last_seen_at = last_seen_at - interval '6 seconds' WHERE id = $1`, [
    session,
  ]);
}

/** A finished attempt that was reserved from these leases. */
function usage(leases: string[], cost: bigint, bound: bigint, more: Partial<UsageRecord> = {}): UsageRecord {
  return finishedAttempt({ leases, cost: String(cost), bound: String(bound), ...more });
}
