import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { usageSettled } from '@purser/contracts';
import { InProcessBroker } from '@purser/messaging';
import { temporaryFolder, testDatabase, waitUntil, type TemporaryFolder, type TestDatabase } from '@purser/testing';
import { v7 as uuidv7 } from 'uuid';
import { migrations } from '../migrations/index.ts';
import { startTestBudget, type TestBudget } from '../testing/start-test-budget.ts';
import { OutboxRepository } from './outbox.repository.ts';
import { Outbox } from './outbox.ts';

describe('the outbox', () => {
  const broker = new InProcessBroker();
  const received: { id: string; batchId: string }[] = [];
  let refusals = 0;
  let database: TestDatabase;
  let folder: TemporaryFolder;
  let replicas: TestBudget[] = [];
  beforeAll(async () => {
    [database, folder] = await Promise.all([testDatabase({ migrations, schema: 'budget' }), temporaryFolder()]);
    const start = () => startTestBudget({ databaseUrl: database.url, dataDir: folder.path, broker });
    replicas = await Promise.all([start(), start()]);
    const options = { consumer: 'test', subject: usageSettled.subject, maxInFlight: 1 };
    await broker.transport('reports').consume(options, async ({ id, body }) => {
      if (refusals > 0) {
        refusals -= 1;
        throw new Error('not now');
      }
      received.push({ id, batchId: (JSON.parse(body) as { batchId: string }).batchId });
      return { kind: 'done' };
    });
  });
  afterAll(async () => {
    await Promise.all(replicas.map((replica) => replica.stop()));
    await Promise.all([database?.drop(), folder?.remove()]);
  });

  const replica = (index: number) => replicas[index % replicas.length] as TestBudget;
  const add = (index: number, batchId: string, fail = false) =>
    replica(index).database.transaction(async () => {
      await replica(index).app.get(Outbox, { strict: false }).add(usageSettled, { batchId, records: [] });
      if (fail) throw new Error('on purpose');
    });
  const emptied = () =>
    waitUntil(async () => (await replica(0).database.query('SELECT FROM outbox')).length === 0, {
      timeoutMs: 10_000,
      what: 'the outbox is empty',
    });

  it('publishes what transactions added, in the order in which they did, and nothing that was rolled back', async () => {
    received.length = 0;
    const batches = Array.from({ length: 30 }, () => uuidv7());
    for (const [index, batchId] of batches.entries()) {
      await add(index, batchId);
      await expect(add(index, uuidv7(), true)).rejects.toThrow('on purpose');
    }
    await emptied();
    const distinct = new Map(received.map(({ id, batchId }) => [id, batchId]));
    expect([...distinct.values()]).toEqual(batches);
  });

  it('keeps what could not be delivered, and tries again', async () => {
    received.length = 0;
    refusals = 2;
    const batchId = uuidv7();
    await add(0, batchId);
    await emptied();
    expect(received.map((event) => event.batchId)).toContain(batchId);
  });

  it('hands out to one replica at a time', async () => {
    received.length = 0;
    const batchId = uuidv7();
    await replica(0).database.transaction(async () => {
      const busy = await waitUntil(
        async () => {
          const [lock] = await replica(0).database.query(
            `SELECT pg_try_advisory_xact_lock(hashtext('purser.outbox'), hashtext('budget')) AS locked`,
          );
          return lock?.locked as boolean;
        },
        { timeoutMs: 10_000, what: 'no relay is at work' },
      );
      expect(busy).toBe(true);
      const store = replica(1).app.get(OutboxRepository, { strict: false });
      await store.add(usageSettled, { batchId, records: [] });
      expect(await store.takeBatch(10, () => Promise.reject(new Error('handed out twice')))).toBe(0);
      expect(await replica(1).database.query('SELECT FROM outbox')).toHaveLength(1);
    });
    await emptied();
    expect(received.map((event) => event.batchId)).toContain(batchId);
  });
});
