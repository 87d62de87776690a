import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { usageSettled, type SettledUsage } from '@purser/contracts';
import { Database, migrate } from '@purser/database';
import { newEvent } from '@purser/messaging';
import { settledAttempt, testDatabase, type TestDatabase } from '@purser/testing';
import { v7 as uuidv7 } from 'uuid';
import { migrations } from '../migrations/index.ts';
import { startTestReports } from '../testing/start-test-reports.ts';
import { UsageEventEntity } from '../usage/usage-event.entity.ts';
import { UsageRepository } from '../usage/usage.repository.ts';

const HOUR_MS = 3_600_000;
const start = Date.parse('2026-02-01T00:00:00Z');
const accounts = Array.from({ length: 5 }, () => uuidv7());

let own: TestDatabase;
const open: { close(): Promise<void> }[] = [];
beforeEach(async () => {
  own = await testDatabase({ migrations, schema: 'reports' });
});
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
  await own?.drop();
});

/** A replica's way to the schema. */
async function replica(): Promise<{ database: Database; repository: UsageRepository }> {
  const database = await Database.open({ url: own.url, schema: 'reports', entities: [UsageEventEntity], migrations });
  open.push(database);
  return { database, repository: new UsageRepository(database) };
}

/** Attempts of a few groups, over three days and on both sides of hours; half of them in one hour. */
const someAttempts = (count: number): SettledUsage[] =>
  Array.from({ length: count }, (_, n) =>
    settledAttempt({
      usageId: uuidv7(),
      at: new Date(start + (n % 2 ? (n * 7_777_777) % (72 * HOUR_MS) : 5 * HOUR_MS + n)).toISOString(),
      accountId: accounts[n % accounts.length]!,
      model: `m${n % 3}`,
      reason: n % 11 ? 'ok' : 'cut',
      estimated: n % 13 === 0,
      overrun: n % 17 === 0,
      latencyMs: Math.exp((n % 97) / 9),
      firstByteMs: n % 4 ? Math.exp((n % 89) / 11) : null,
    }),
  );

const batchesOf = (records: readonly SettledUsage[], size: number): SettledUsage[][] =>
  Array.from({ length: Math.ceil(records.length / size) }, (_, n) => records.slice(n * size, (n + 1) * size));

const rollups = (database: Database) =>
  database.query(
    'SELECT *, latency::text, first_byte::text FROM usage_rollups ORDER BY grain, at, account_id, key_id, provider, model, route',
  );

/** What the rollups have to be, summed from the rows by another statement than the one that keeps them. */
const totalsOfRows = (database: Database) =>
  database.query(
    `SELECT grain, date_trunc(grain, at, 'UTC') AS at, account_id, model, count(*) AS requests, sum(cost_nanos) AS cost_nanos
     FROM usage_events CROSS JOIN (VALUES ('day'), ('hour')) AS grains (grain)
     GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4`,
  );
const totalsOfRollups = (database: Database) =>
  database.query(
    `SELECT grain, at, account_id, model, sum(requests) AS requests, sum(cost_nanos) AS cost_nanos
     FROM usage_rollups GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4`,
  );

describe('rollups', () => {
  it('are the same in every order, and however often an event comes', async () => {
    const records = someAttempts(600);
    const { database, repository } = await replica();
    await repository.take(records);
    const once = await rollups(database);
    expect(once.length).toBeGreaterThan(30);
    for (const order of [
      records.toReversed(),
      records.toSorted((a, b) => (a.usageId.slice(-4) < b.usageId.slice(-4) ? -1 : 1)),
    ]) {
      await database.query('TRUNCATE usage_events, usage_rollups');
      for (const batch of [...batchesOf(order, 70), ...batchesOf(records, 110)]) await repository.take(batch);
      expect(await rollups(database)).toEqual(once);
    }
  });

  it('count an id once that one batch holds twice', async () => {
    const { database, repository } = await replica();
    const [record] = someAttempts(1);
    await repository.take([record!, { ...record!, cost: '1', provider: 'other' }]);
    expect(await rollups(database)).toMatchObject([
      { grain: 'day', requests: '1', cost_nanos: record!.cost },
      { grain: 'hour', requests: '1', cost_nanos: record!.cost },
    ]);
  });

  it('lose and double nothing while two replicas take in what overlaps, and neither is refused', async () => {
    const replicas = [await replica(), await replica()];
    const records = someAttempts(3_000);
    const [forwards, backwards] = [batchesOf(records, 60), batchesOf(records.toReversed(), 45)];
    const work = replicas.flatMap(({ repository }, n) => {
      const mine = n ? [...backwards] : [...forwards];
      // A deadlock would be thrown here: nothing takes a batch again.
      return Array.from({ length: 4 }, async () => {
        for (let batch = mine.pop(); batch; batch = mine.pop()) await repository.take(batch);
      });
    });
    await Promise.all(work);
    const { database } = replicas[0]!;
    expect(await database.query('SELECT count(*) FROM usage_events')).toEqual([{ count: '3000' }]);
    expect(await totalsOfRollups(database)).toEqual(await totalsOfRows(database));
  });

  it('stay as they are where a batch fails', async () => {
    const { database, repository } = await replica();
    const records = someAttempts(10);
    await repository.take(records);
    const before = await rollups(database);
    await expect(repository.take([...someAttempts(5), settledAttempt({ cost: '9'.repeat(30) })])).rejects.toThrow();
    expect(await rollups(database)).toEqual(before);
  });

  it('are kept with their rows for who reads meanwhile', async () => {
    const { repository, database } = await replica();
    const batches = batchesOf(someAttempts(2_000), 20);
    let done = false;
    const writing = (async () => {
      for (const batch of batches) await repository.take(batch);
      done = true;
    })();
    while (!done) {
      const [seen] = await database.query(
        `SELECT (SELECT count(*) FROM usage_events) AS rows,
           (SELECT coalesce(sum(requests), 0) FROM usage_rollups WHERE grain = 'hour') AS hours`,
      );
      expect(seen!['hours']).toBe(seen!['rows']);
    }
    await writing;
  });

  it('of days long past take what is late', async () => {
    const service = await startTestReports({ DATABASE_URL: own.url });
    open.push({ close: () => service.stop() });
    const late = settledAttempt({ at: '1969-07-20T20:17:40Z', cost: '7' });
    await service.events.publish([newEvent(usageSettled, { batchId: uuidv7(), records: [late] })]);
    const rows = await service.database.query('SELECT grain, at, cost_nanos FROM usage_rollups ORDER BY grain');
    expect(rows).toEqual([
      { grain: 'day', at: new Date('1969-07-20T00:00:00Z'), cost_nanos: '7' },
      { grain: 'hour', at: new Date('1969-07-20T20:00:00Z'), cost_nanos: '7' },
    ]);
  });
});

describe('the migration', () => {
  it('makes functions of latencies that are part of the statement, and tell nothing of nothing', async () => {
    const { database } = await replica();
    const plan = await database.query(
      'EXPLAIN (VERBOSE, COSTS OFF) SELECT latency_us(latency_ms), latency_bucket(first_byte_ms) FROM usage_events',
    );
    expect(JSON.stringify(plan)).toMatch(/usage_events/);
    expect(JSON.stringify(plan)).not.toMatch(/latency_us|latency_bucket/);
    const values = '(NULL::float8), (-1), (0), (0.01), (0.0104), (1), (1.05), (86400000), (1e300)';
    const rows = await database.query(
      `SELECT latency_us(ms)::text AS us, latency_bucket(ms) AS bucket FROM (VALUES ${values}) AS given (ms)`,
    );
    expect(rows.map(({ us, bucket }) => [us, bucket])).toEqual([
      ...[
        [null, null],
        ['-1000', -115],
        ['0', -115],
        ['10', -115],
        ['10', -114],
        ['1000', 0],
        ['1050', 2],
      ],
      ...[
        ['86400000000', 457],
        ['86400000000', 457],
      ],
    ]);
  });

  it('sums what is stored already, as it would have been kept', async () => {
    const { database, repository } = await replica();
    await repository.take([...someAttempts(500), settledAttempt({ at: '1969-07-20T20:17:40Z' })]);
    const kept = await rollups(database);
    const schema = { url: own.url, schema: 'reports', migrations };
    const steps = migrations.length - 1;
    expect(await migrate({ ...schema, direction: 'down', steps })).toHaveLength(steps);
    expect(await migrate({ ...schema, direction: 'up' })).toHaveLength(steps);
    expect(await rollups(database)).toEqual(kept);
  });
});
