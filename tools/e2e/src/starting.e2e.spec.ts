import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { spawnService, temporaryFolder, waitUntil, type Service, type TemporaryFolder } from '@purser/testing';
import { childEnvironment } from './stack/environment.ts';
import { spawnOneProcess } from './stack/one-process.ts';
import { allInOneMain, root } from './stack/paths.ts';
import { isAlive } from './stack/services.ts';
import { Api } from './tenant/api.ts';

jest.setTimeout(120_000);

const clean = { code: 0, signal: null };
const withSimulator = { PURSER_SIMULATOR: 'on' };

describe('npm start', () => {
  it('passes on the signal that npm gets: nothing is left running', async () => {
    const folder = await temporaryFolder();
    await chmod(folder.path, 0o711);
    const npm = await spawnService({
      ...{ command: 'npm', args: ['start'], cwd: root, timeoutMs: 100_000 },
      env: childEnvironment({ PURSER_DATA_DIR: folder.path, PORT: '0', PURSER_SIMULATOR: 'off' }),
      readyLine: /^Purser is ready on (http:\/\/\S+)$/,
    });
    try {
      const pid = Number(await readFile(join(folder.path, 'purser.pid'), 'utf8'));
      await npm.stop('SIGTERM', 40_000);
      const lastExit = join(folder.path, 'last-exit.json');
      await waitUntil(() => existsSync(lastExit), { timeoutMs: 40_000, what: 'Purser has ended' });
      expect(JSON.parse(await readFile(lastExit, 'utf8'))).toMatchObject({ code: 0, drained: true });
      await waitUntil(() => !isAlive(pid), { timeoutMs: 10_000, what: 'its process is gone' });
    } finally {
      await npm.kill9();
      await folder.remove();
    }
  });
});

describe('starting Purser in one process', () => {
  let folder: TemporaryFolder;
  const running: Service[] = [];
  beforeEach(async () => {
    folder = await temporaryFolder();
    await chmod(folder.path, 0o711);
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((service) => service.stop()));
    await folder.remove();
  });

  const start = async (variables: Readonly<Record<string, string>> = {}): Promise<Service> => {
    const service = await spawnOneProcess(folder.path, variables);
    running.push(service);
    return service;
  };
  const inFolder = (name: string): string => join(folder.path, name);
  const text = (name: string): Promise<string> => readFile(inFolder(name), 'utf8');

  it('prints a key and a curl line that works as it stands at the first start, and neither again', async () => {
    const first = await start(withSimulator);
    const output = first.output();
    expect(output.match(/^Purser is ready on /gm)).toHaveLength(1);
    const curl = /^ *(curl .*)$/m.exec(output)![1]!;
    const { stdout } = await promisify(execFile)('/bin/sh', ['-c', `${curl} --silent --show-error`]);
    expect(JSON.parse(stdout)).toMatchObject({ object: 'chat.completion', model: 'sim-small' });

    const key = (await text('admin-key')).trim();
    expect(output.split(`  ${key}\n`)).toHaveLength(2);
    for (const secret of ['admin-key', 'master-key']) expect((await stat(inFolder(secret))).mode & 0o777).toBe(0o600);
    expect(await text('purser.pid')).toBe(`${first.pid}\n`);
    expect(existsSync(inFolder('postgres'))).toBe(true);
    expect(await first.stop()).toEqual(clean);
    expect(JSON.parse(await text('last-exit.json'))).toMatchObject({ code: 0, drained: true });
    expect(existsSync(inFolder('purser.pid'))).toBe(false);

    const second = await start(withSimulator);
    expect(existsSync(inFolder('last-exit.json'))).toBe(false);
    expect(second.output()).not.toContain(key);
    expect(second.output()).not.toContain('curl');
    const admin = new Api(second.ready[1]!, key);
    const { data: accounts } = await admin.read('accounts?name=default');
    expect(accounts).toMatchObject([{ name: 'default' }]);
    // At another port than before, and the provider is told.
    const { data: providers } = await admin.read('providers');
    expect(providers).toMatchObject([{ name: 'simulator', simulated: true }]);
    const body = { model: 'simulator/sim-large', messages: [{ role: 'user', content: 'Again' }] };
    expect((await admin.post('/v1/chat/completions', body)).status).toBe(200);
    // The chat of the first start is still there.
    const rows = await waitUntil(async () => (await admin.readLog('usage', {})).length === 2, {
      ...{ timeoutMs: 5_000, what: 'both chats are in the usage' },
    });
    expect(rows).toBe(true);
  });

  it('takes PURSER_ADMIN_KEY for the admin key, whatever it was before', async () => {
    const [one, two] = ['first-'.repeat(8), 'it\'s a second key; with "quotes" & $signs'];
    const first = await start({ ...withSimulator, PURSER_ADMIN_KEY: two });
    const curl = /^ *(curl .*)$/m.exec(first.output())![1]!;
    const { stdout } = await promisify(execFile)('/bin/sh', ['-c', `${curl} --silent --show-error`]);
    expect(JSON.parse(stdout)).toMatchObject({ object: 'chat.completion' });
    await first.stop();
    const second = await start({ PURSER_ADMIN_KEY: one });
    expect((await new Api(second.ready[1]!, one).get('/api/v1/accounts')).status).toBe(200);
    expect((await new Api(second.ready[1]!, two).get('/api/v1/accounts')).status).toBe(401);
    expect(second.output()).not.toContain(one);
  });

  it('refuses a second start on the same folder, and leaves the first alone', async () => {
    const first = await start();
    await expect(start()).rejects.toThrow(`is in use by process ${first.pid}`);
    expect(await text('purser.pid')).toBe(`${first.pid}\n`);
    expect((await fetch(`${first.ready[1]}/health/ready`)).status).toBe(200);
    expect(existsSync(inFolder('last-exit.json'))).toBe(false);
  });

  it('names the port that is taken', async () => {
    const first = await start();
    const port = new URL(first.ready[1]!).port;
    const other = await temporaryFolder();
    await chmod(other.path, 0o711);
    try {
      await expect(spawnOneProcess(other.path, { PORT: port })).rejects.toThrow(
        `PORT: read ${port}; allowed is one that is not in use on 127.0.0.1`,
      );
      expect(JSON.parse(await readFile(join(other.path, 'last-exit.json'), 'utf8'))).toMatchObject({ code: 1 });
    } finally {
      await other.remove();
    }
  });

  it('takes over what a kill -9 left behind', async () => {
    const key = 'k'.repeat(40);
    const first = await start({ ...withSimulator, PURSER_ADMIN_KEY: key });
    const admin = new Api(first.ready[1]!, key);
    const account = await admin.create('accounts', { name: 'remembered' });
    const [simulator] = (await admin.read('providers')).data;
    expect((await fetch(`${simulator.baseUrl}/models`)).status).toBe(200);
    await first.kill9();
    const answers = () =>
      fetch(`${simulator.baseUrl}/models`).then(
        () => true,
        () => false,
      );
    await waitUntil(async () => !(await answers()), { timeoutMs: 10_000, what: 'the simulator has ended too' });
    expect(existsSync(inFolder('last-exit.json'))).toBe(false);
    const second = await start({ PURSER_ADMIN_KEY: key });
    expect(await new Api(second.ready[1]!, key).read(`accounts/${account.id}`)).toMatchObject({ name: 'remembered' });
    expect(await second.stop()).toEqual(clean);
  });

  it('stops only once when the terminal and npm both deliver the same Ctrl-C', async () => {
    const service = await start(withSimulator);
    process.kill(service.pid, 'SIGINT');
    process.kill(service.pid, 'SIGINT');
    expect(await service.exited).toEqual(clean);
    expect(JSON.parse(await text('last-exit.json'))).toMatchObject({ code: 0, drained: true });
  });

  it('ends, and says why, when its database dies', async () => {
    const service = await start();
    const [line] = (await text('postgres/data/postmaster.pid')).split('\n');
    process.kill(Number(line), 'SIGKILL');
    expect(await service.exited).toEqual({ code: 1, signal: null });
    expect(JSON.parse(await text('last-exit.json'))).toMatchObject({ code: 1 });
    // The next start recovers the database.
    expect((await fetch(`${(await start()).ready[1]}/health/ready`)).status).toBe(200);
  });

  it.each([
    [{ PORT: 'http' }, 'PORT: read "http"'],
    [{ PURSER_ADMIN_KEY: 'short' }, 'PURSER_ADMIN_KEY: read ****'],
    [{ NATS_URL: 'nats://127.0.0.1:4222' }, 'PURSER_MASTER_KEY: is not set'],
    [{ PURSER_SIMULATOR: 'maybe' }, 'PURSER_SIMULATOR: read "maybe"'],
  ])('refuses %j by name', async (variables, message) => {
    await expect(start(variables)).rejects.toThrow(message);
    expect(existsSync(inFolder('postgres'))).toBe(false);
  });

  it('takes an empty variable for none', async () => {
    const empty = { DATABASE_URL: '', NATS_URL: '', PURSER_ADMIN_KEY: '', PURSER_MASTER_KEY: '', HOST: '' };
    expect((await start(empty)).ready[1]).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });

  it('shows its configuration without starting, with secrets masked', async () => {
    const env = childEnvironment({
      PURSER_ADMIN_KEY: 's3cret'.repeat(6),
      BUDGET_WAIT_MS: '7',
      PURSER_DATA_DIR: folder.path,
    });
    const { stdout } = await promisify(execFile)(process.execPath, [allInOneMain, '--print-config'], {
      env: { ...process.env, ...env },
    });
    expect(stdout).toMatch(/^\* BUDGET_WAIT_MS +=/m);
    expect(stdout).toMatch(/^ {2}PORT +=/m);
    expect(stdout).not.toContain('s3cret');
    expect(existsSync(inFolder('purser.pid'))).toBe(false);
  });
});
