import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describeWithNats, spawnService, temporaryFolder, testDatabase, waitUntil } from '@purser/testing';
import type { Service, TemporaryFolder, TestDatabase } from '@purser/testing';
import { childEnvironment } from './stack/environment.ts';
import { root } from './stack/paths.ts';

jest.setTimeout(120_000);

const secret = 'e2e-0123456789abcdef0123456789abcdef';

describeWithNats('where a step of the deployment migrates', (nats) => {
  let database: TestDatabase;
  let folder: TemporaryFolder;
  let service: Service | undefined;
  beforeEach(async () => {
    database = await testDatabase();
    folder = await temporaryFolder();
  });
  afterEach(async () => {
    await service?.stop();
    service = undefined;
    await folder.remove();
    await database.drop();
  });

  const script = (app: string, name: string) => join(root, `apps/${app}/dist/${name}.js`);

  /** With nothing but the database's address, as the jobs of deploy/kubernetes have it. */
  async function migrate(app: string): Promise<string> {
    const env = childEnvironment({ DATABASE_URL: database.url }) as NodeJS.ProcessEnv;
    const { stdout } = await promisify(execFile)(process.execPath, [script(app, 'migrate')], {
      env: { ...process.env, ...env },
    });
    return stdout;
  }

  it.each(['budget', 'reports', 'training'])('%s waits at its start, answers nothing, and goes on', async (app) => {
    const { url } = await nats();
    service = await spawnService({
      command: process.execPath,
      args: [script(app, 'main')],
      env: childEnvironment({
        ...{ DATABASE_URL: database.url, NATS_URL: url, DATABASE_MIGRATE_AT_START: 'false' },
        ...{ PURSER_DATA_DIR: folder.path, PURSER_MASTER_KEY: secret, PURSER_ADMIN_KEY: secret },
      }),
      readyLine: RegExp(`The schema "${app}" lacks the migrations`),
    });
    expect(service.output()).not.toContain('is ready');
    expect(await migrate(app)).toMatch(RegExp(`^Migrated ${app} up: \\w+`));
    const ready = await waitUntil(() => /is ready on (http:\S+)/.exec(service!.output())?.[1], {
      ...{ timeoutMs: 30_000, what: `${app} is ready` },
    });
    expect(await fetch(`${ready}/health/ready`)).toMatchObject({ status: 200 });
  });
});
