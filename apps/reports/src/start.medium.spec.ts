import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { loadConfig } from '@purser/config';
import { usageSettled } from '@purser/contracts';
import { Database } from '@purser/database';
import { InProcessBroker, newEvent } from '@purser/messaging';
import { settledAttempt, freePort, testDatabase, type TestDatabase, waitUntil } from '@purser/testing';
import { v7 as uuidv7 } from 'uuid';
import { migrations } from './migrations/index.ts';
import { reportsConfig } from './reports.config.ts';
import { startReports } from './start.ts';
import { startTestReports } from './testing/start-test-reports.ts';

let own: TestDatabase;
beforeEach(async () => {
  own = await testDatabase();
});
afterEach(() => own?.drop());

describe('startReports', () => {
  it('migrates, and is ready with its database and its messages', async () => {
    const { running, stop } = await startTestReports({ DATABASE_URL: own.url });
    try {
      await running.readiness.whenReady(AbortSignal.timeout(10_000));
      const answer = await fetch(`${running.url}/health/ready`);
      expect(answer.status).toBe(200);
      expect(await answer.json()).toMatchObject({
        info: { service: { status: 'up' }, database: { status: 'up' }, messages: { status: 'up' } },
      });
    } finally {
      await stop();
    }
  });

  it('fails without its database, and leaves nothing open', async () => {
    const transport = new InProcessBroker().transport('reports');
    const DATABASE_URL = `postgresql://postgres@127.0.0.1:${await freePort()}/none`;
    const started = startReports({ config: loadConfig(reportsConfig, { DATABASE_URL }), transport });
    await expect(started).rejects.toThrow();
    expect(transport.status).toBe('closed');
  });

  it('has stored what it was given when it stops', async () => {
    const { running, events, stop } = await startTestReports({ DATABASE_URL: own.url });
    const other = await Database.open({ url: own.url, schema: 'reports', entities: [], migrations });
    try {
      const record = settledAttempt();
      const { published, stopped } = await other.transaction(async () => {
        await other.query('LOCK TABLE usage_events IN ACCESS EXCLUSIVE MODE');
        const published = events.publish([newEvent(usageSettled, { batchId: uuidv7(), records: [record] })]);
        await waitUntil(
          () =>
            other
              .query("SELECT FROM pg_locks WHERE NOT granted AND relation = 'usage_events'::regclass")
              .then((r) => r.length),
          { timeoutMs: 10_000, what: 'the event waits for the table' },
        );
        const stopped = running.drain();
        return { published, stopped };
      });
      await published;
      expect(await stopped).toEqual({ drained: true, unfinished: [] });
      expect(await other.query('SELECT id FROM usage_events')).toEqual([{ id: record.usageId }]);
    } finally {
      await stop();
      await other.close();
    }
  });
});
