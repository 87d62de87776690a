import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ConfigError, loadConfig } from '@purser/config';
import { listWorkEfforts, sources, syncSource } from '@purser/contracts';
import { Database } from '@purser/database';
import { InProcessBroker } from '@purser/messaging';
import {
  freePort,
  temporaryFolder,
  testDatabase,
  type TemporaryFolder,
  type TestDatabase,
  waitUntil,
} from '@purser/testing';
import { v7 as uuidv7 } from 'uuid';
import { migrations } from './migrations/index.ts';
import { startTraining } from './start.ts';
import { startTestTraining, TEST_MASTER_KEY } from './testing/start-test-training.ts';
import { WorkFolder } from './testing/work-folder.ts';
import { trainingConfig } from './training.config.ts';

const actor = { keyId: uuidv7(), accountId: uuidv7() };

let own: TestDatabase;
let folder: TemporaryFolder;
beforeEach(async () => {
  own = await testDatabase();
  folder = await temporaryFolder();
});
afterEach(async () => {
  await own?.drop();
  await folder?.remove();
});

describe('startTraining', () => {
  it('migrates, and is ready with its database and its messages', async () => {
    const { running, stop } = await startTestTraining({ DATABASE_URL: own.url });
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
    const transport = new InProcessBroker().transport('training');
    const DATABASE_URL = `postgresql://postgres@127.0.0.1:${await freePort()}/none`;
    const config = loadConfig(trainingConfig, { DATABASE_URL, PURSER_MASTER_KEY: TEST_MASTER_KEY });
    const started = startTraining({ config, transport });
    await expect(started).rejects.toThrow();
    expect(transport.status).toBe('closed');
  });

  it('ends the syncs under way before it stops', async () => {
    const { running, client, stop } = await startTestTraining({ DATABASE_URL: own.url });
    const other = await Database.open({ url: own.url, schema: 'training', entities: [], migrations });
    try {
      const { id } = await client.request(sources.create, { input: { kind: 'directory', path: folder.path }, actor });
      await new WorkFolder(folder.path).workEffort('aaaa', 'status: active');
      const { answered, stopped } = await other.transaction(async () => {
        await other.query('LOCK TABLE tickets IN ACCESS EXCLUSIVE MODE');
        const answered = client.request(syncSource, { id });
        await waitUntil(
          () =>
            other
              .query("SELECT FROM pg_locks WHERE NOT granted AND relation = 'tickets'::regclass")
              .then((r) => r.length),
          { timeoutMs: 10_000, what: 'the sync waits for the table' },
        );
        return { answered, stopped: running.drain() };
      });
      expect(await answered).toMatchObject({ status: 'ok', workEfforts: 1 });
      expect(await stopped).toEqual({ drained: true, unfinished: [] });
      await expect(client.request(listWorkEfforts, {})).rejects.toMatchObject({ code: 'unavailable' });
    } finally {
      await stop();
      await other.close();
    }
  });
});

describe('trainingConfig', () => {
  const needed = { DATABASE_URL: 'postgresql://127.0.0.1/purser', PURSER_MASTER_KEY: TEST_MASTER_KEY };

  it('takes the roots of sources as a list of absolute paths', () => {
    expect(loadConfig(trainingConfig, needed).PURSER_SOURCE_ROOTS).toEqual([]);
    const roots = loadConfig(trainingConfig, { ...needed, PURSER_SOURCE_ROOTS: '/srv/work, /home/me/work' });
    expect(roots.PURSER_SOURCE_ROOTS).toEqual(['/srv/work', '/home/me/work']);
  });

  it.each(['work', '/srv/work,', 'C:\\work'])('refuses %j', (PURSER_SOURCE_ROOTS) => {
    const load = () => loadConfig(trainingConfig, { ...needed, PURSER_SOURCE_ROOTS });
    expect(load).toThrow(ConfigError);
    expect(load).toThrow('PURSER_SOURCE_ROOTS');
  });
});
