import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { loadConfig } from '@purser/config';
import { readConfiguration, usageSettled } from '@purser/contracts';
import { Database } from '@purser/database';
import { InProcessBroker, MessageClient } from '@purser/messaging';
import { temporaryFolder, testDatabase, waitUntil, type TemporaryFolder, type TestDatabase } from '@purser/testing';
import { v7 as uuidv7 } from 'uuid';
import { BootstrapService } from './bootstrap/bootstrap.service.ts';
import { budgetConfig } from './budget.config.ts';
import { migrations } from './migrations/index.ts';
import { OutboxRepository } from './outbox/outbox.repository.ts';
import { startBudget } from './start.ts';
import { TEST_MASTER_KEY } from './testing/start-test-budget.ts';

describe('the budget service', () => {
  let database: TestDatabase;
  let folder: TemporaryFolder;
  beforeAll(async () => {
    Logger.overrideLogger(['error', 'fatal']);
    [database, folder] = await Promise.all([testDatabase({ migrations, schema: 'budget' }), temporaryFolder()]);
  });
  afterAll(async () => {
    await Promise.all([database?.drop(), folder?.remove()]);
  });

  const start = (broker: InProcessBroker, variables: Record<string, string> = {}) => {
    const environment = {
      DATABASE_URL: database.url,
      PURSER_MASTER_KEY: TEST_MASTER_KEY,
      PURSER_DATA_DIR: folder.path,
    };
    const config = loadConfig(budgetConfig, { ...environment, ...variables });
    return startBudget({ config, transport: broker.transport('budget'), port: 0 });
  };

  it('answers probes and messages, and lets the last events out when it drains', async () => {
    const broker = new InProcessBroker();
    const received: string[] = [];
    const options = { consumer: 'test', subject: usageSettled.subject, maxInFlight: 1 };
    await broker.transport('reports').consume(options, async ({ body }) => {
      received.push((JSON.parse(body) as { batchId: string }).batchId);
      return { kind: 'done' };
    });
    const service = await start(broker);
    const batchId = uuidv7();
    try {
      await service.readiness.whenReady(AbortSignal.timeout(30_000));
      const probe = await fetch(`${service.url}/health/ready`);
      expect([probe.status, await probe.json()]).toMatchObject([200, { info: { database: { status: 'up' } } }]);
      const client = service.app.get(MessageClient);
      expect((await client.request(readConfiguration, { since: 0, cursor: null })).version).toBe(1);
      await service.app.get(OutboxRepository, { strict: false }).add(usageSettled, { batchId, records: [] });
    } finally {
      expect(await service.drain()).toEqual({ drained: true, unfinished: [] });
    }
    expect(received).toEqual([batchId]);
    await expect(fetch(`${service.url}/health/live`)).rejects.toThrow();
  });

  it('leaves nothing open and nothing done when its start fails half way', async () => {
    const fresh = await testDatabase({ migrations, schema: 'budget' });
    const observer = await Database.open({ ...observing, url: fresh.url });
    try {
      const file = join(folder.path, 'a file');
      await writeFile(file, '');
      const variables = { DATABASE_URL: fresh.url, PURSER_DATA_DIR: file };
      await expect(start(new InProcessBroker(), variables)).rejects.toThrow(/EEXIST|ENOTDIR/);
      await waitUntil(async () => (await observer.query(CONNECTIONS)).length === 0, {
        timeoutMs: 10_000,
        what: 'all connections of the service are closed',
      });
      const service = await start(new InProcessBroker(), { DATABASE_URL: fresh.url });
      const { report } = service.app.get(BootstrapService, { strict: false });
      await service.drain();
      expect(report).toMatchObject({ firstStart: true, adminKey: { key: expect.any(String) } });
    } finally {
      await observer.close();
      await fresh.drop();
    }
  });
});

const CONNECTIONS = `SELECT FROM pg_stat_activity
  WHERE application_name = 'purser-budget' AND datname = current_database()`;
const observing = { schema: 'budget', entities: [], migrations: [], applicationName: 'test' };
