import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import { freePort, spawnService, temporaryFolder, waitUntil, type Service } from '@purser/testing';
import type { EmbeddedPostgres, EmbeddedPostgresOptions } from './index.ts';
import { startEmbeddedPostgres } from './index.ts';
import { usableBinaries } from './binaries.ts';
import { spawnAs, type SystemUser } from './run-command.ts';

const FOLDER = await temporaryFolder();
const running = new Set<EmbeddedPostgres>();
const lines: string[] = [];

async function start(dataDir: string, options: Partial<EmbeddedPostgresOptions> = {}): Promise<EmbeddedPostgres> {
  lines.length = 0;
  const server = await startEmbeddedPostgres({
    ...{ dataDir, durable: false, reachableDir: join(FOLDER.path, 'reachable') },
    log: (line) => lines.push(line),
    ...options,
  });
  running.add(server);
  return server;
}

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

const isAlive = async (pid: number) => {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // Not even a zombie counts: nobody may reap it here.
  return process.platform !== 'linux' || (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')) !== '';
};
const ended = (pid: number) =>
  waitUntil(async () => !(await isAlive(pid)), { timeoutMs: 15_000, what: `PostgreSQL ${pid} has ended` });

/** Another Node process that starts a database, as a service would. */
function startElsewhere(dataDir: string, afterwards = 'setInterval(() => {}, 1000)'): Promise<Service> {
  const library = new URL('./index.ts', import.meta.url).href;
  const script = `import { startEmbeddedPostgres } from ${JSON.stringify(library)};
    const options = { dataDir: ${JSON.stringify(dataDir)}, log: console.log, durable: false };
    const server = await startEmbeddedPostgres(options);
    ${afterwards};
    console.log('server ' + server.pid + ' at ' + server.url);`;
  const args = ['--input-type=module', '-e', script];
  return spawnService({ command: process.execPath, args, readyLine: /server (\d+) at (\S+)/ });
}

beforeAll(() => chmod(FOLDER.path, 0o755));
afterEach(async () => {
  const servers = [...running];
  running.clear();
  await Promise.all(servers.map((server) => server.stop()));
});
afterAll(() => FOLDER.remove());

describe('the embedded PostgreSQL', () => {
  const dataDir = join(FOLDER.path, 'kept');
  const data = join(dataDir, 'postgres', 'data');
  beforeAll(async () => {
    const server = await start(dataDir);
    await query(server.url, 'create table kept (id int)');
    await server.stop();
  });

  it('keeps its data over a stop and a start, and is tuned', async () => {
    const server = await start(dataDir, { settings: { work_mem: '5MB' } });
    expect(await query(server.url, 'select * from kept')).toEqual([]);
    const settings = await query(
      server.url,
      `select name, setting from pg_settings where name in ('max_connections', 'jit', 'work_mem', 'TimeZone') order by 1`,
    );
    expect(settings.map((row) => row.setting)).toEqual(['UTC', 'off', '200', '5120']);
    expect(await query(server.url, `select 'ÄÖ' < 'äö' and lower('ÄÖ') = 'äö' as folded`)).toEqual([{ folded: true }]);
    await server.stop();
    await server.stop();
    expect(await isAlive(server.pid)).toBe(false);
    expect(lines).toEqual([]);
  });

  it('syncs to disk unless told otherwise', async () => {
    const durable = await start(dataDir, { durable: true });
    const wanted = [{ fsync: 'on', commit: 'on' }];
    const sql = `select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit`;
    expect(await query(durable.url, sql)).toEqual(wanted);
  });

  it('lets nobody in without the password, which only its owner can read', async () => {
    const server = await start(dataDir);
    const wrong = new URL(server.url);
    wrong.password = 'guess';
    await expect(query(wrong.href, 'select 1')).rejects.toMatchObject({ code: '28P01' });
    expect((await stat(join(dataDir, 'postgres', 'password'))).mode & 0o777).toBe(0o600);
    expect((await stat(data)).mode & 0o777).toBe(0o700);
  });

  it('refuses a second start on its folder, from this process and another, and is left alone by it', async () => {
    const server = await start(dataDir);
    await expect(start(dataDir)).rejects.toThrow('Another running Purser uses the database');
    await expect(startElsewhere(dataDir)).rejects.toThrow('Another running Purser uses the database');
    expect(await query(server.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('is gone soon after its process is killed, and starts again with what was committed', async () => {
    const service = await startElsewhere(dataDir);
    const [, pid, url] = service.ready;
    await query(url!, 'insert into kept values (1)');
    await service.kill9();
    await ended(Number(pid));
    expect(await query((await start(dataDir)).url, 'delete from kept returning id')).toEqual([{ id: 1 }]);
  });

  it('can be started while the one of a killed process is still going down', async () => {
    const service = await startElsewhere(dataDir);
    await service.kill9();
    const server = await start(dataDir);
    expect(server.pid).not.toBe(Number(service.ready[1]));
    expect(await query(server.url, 'select * from kept')).toEqual([]);
  });

  it("survives a terminal's Ctrl-C until its process stops it", async () => {
    const service = await startElsewhere(
      dataDir,
      `process.on('SIGINT', async () => {
        await new Promise((resolve) => setTimeout(resolve, 200));
        process.kill(server.pid, 0);
        await server.stop();
        console.log('stopped in order');
        process.exit(0);
      });`,
    );
    // What a terminal does: the signal goes to the whole foreground process group.
    process.kill(-service.pid, 'SIGINT');
    expect(await service.exited).toEqual({ code: 0, signal: null });
    expect(service.output()).toContain('stopped in order');
  });

  it('reports its unexpected end once, and can be started again at once', async () => {
    const reported: string[] = [];
    const server = await start(dataDir, { onUnexpectedExit: (error) => reported.push(error.message) });
    process.kill(server.pid, 'SIGKILL');
    await waitUntil(() => reported.length > 0, { timeoutMs: 10_000, what: 'the end is reported' });
    await server.stop();
    const again = await start(dataDir);
    expect(await query(again.url, 'select * from kept')).toEqual([]);
    expect(reported).toEqual([expect.stringContaining('ended unexpectedly')]);
  });

  it('takes a fixed port, and says so when it is taken', async () => {
    const port = await freePort();
    const server = await start(dataDir, { port });
    expect(server).toMatchObject({ port, host: '127.0.0.1' });
    await server.stop();
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const taken = (other.address() as AddressInfo).port;
    await expect(start(dataDir, { port: taken })).rejects.toThrow(`Port ${taken} on 127.0.0.1 is taken`);
    other.close();
    await start(dataDir);
  });

  it('refuses settings that would take it out of our hands', async () => {
    for (const name of ['listen_addresses', 'port', 'data_directory', 'Bad Name']) {
      await expect(start(dataDir, { settings: { [name]: 'x' } })).rejects.toThrow(`no setting "${name}"`);
    }
    await expect(start(dataDir, { settings: { shared_buffers: 'much' } })).rejects.toThrow('did not start');
  });

  describe('finding what an earlier run left', () => {
    let user: SystemUser | undefined;
    let postgres: string;
    beforeAll(async () => {
      const { uid, gid } = await stat(data);
      user = process.getuid?.() === 0 ? { name: 'owner', uid, gid } : undefined;
      ({ postgres } = await usableBinaries(user, join(FOLDER.path, 'reachable'), () => {}));
    });

    const startByHand = async (args: string[], env: Record<string, string>) => {
      const options = [
        '-p',
        String(await freePort()),
        '-c',
        'listen_addresses=127.0.0.1',
        '-c',
        'unix_socket_directories=',
      ];
      const base = spawnAs(user);
      const child = spawn(postgres, [...args, ...options], { ...base, env: { ...base.env, ...env }, stdio: 'ignore' });
      const isReady = async () => (await readFile(join(data, 'postmaster.pid'), 'utf8')).includes('ready');
      await waitUntil(isReady, { timeoutMs: 15_000, what: 'the server by hand is ready' });
      return child;
    };

    it('stops an orphan on its folder and says so', async () => {
      const orphan = await startByHand(['-D', data], {});
      const exit = once(orphan, 'exit');
      const server = await start(dataDir);
      expect(await exit).toEqual([0, null]);
      expect(lines).toEqual([expect.stringMatching(`pid ${orphan.pid}.* was left running`)]);
      expect(await query(server.url, 'select * from kept')).toEqual([]);
    });

    it('leaves alone a server on its folder that somebody else started', async () => {
      const foreign = await startByHand([], { PGDATA: data });
      await expect(start(dataDir)).rejects.toThrow(`Process ${foreign.pid} is a PostgreSQL on ${data}`);
      expect(foreign.exitCode).toBeNull();
      foreign.kill('SIGINT');
      await once(foreign, 'exit');
    });

    it('is not misled by a pid file whose id now belongs to another program', async () => {
      await writeFile(join(data, 'postmaster.pid'), `${process.pid}\n${data}\n`);
      await start(dataDir);
      expect(lines).toEqual([]);
    });

    it('begins anew after a first start that was killed', async () => {
      const fresh = join(FOLDER.path, 'fresh');
      await mkdir(join(fresh, 'postgres', 'data.0123456789ab', 'base'), { recursive: true });
      await writeFile(join(fresh, 'postgres', 'password'), 'half');
      const server = await start(fresh);
      expect(await query(server.url, 'select 1 as one')).toEqual([{ one: 1 }]);
      expect((await readdir(join(fresh, 'postgres'))).sort()).toEqual(['data', 'lock', 'password']);
    });

    it.each([
      ['another version', 'data/PG_VERSION', '17\n', 'was made by PostgreSQL 17'],
      ['an empty password', 'password', '', 'is missing or empty'],
    ])('refuses data with %s, naming the cause', async (_case, file, content, message) => {
      const path = join(dataDir, 'postgres', file);
      await rename(path, `${path}.kept`);
      await writeFile(path, content);
      await expect(start(dataDir)).rejects.toThrow(message);
      await rm(path);
      await rename(`${path}.kept`, path);
    });

    it('does not take a link to nowhere for an empty database', async () => {
      const lost = join(FOLDER.path, 'lost');
      await mkdir(lost);
      await symlink(join(FOLDER.path, 'gone'), join(lost, 'postgres'));
      await expect(start(lost)).rejects.toThrow('is missing: restore it');
    });
  });

  it('makes one database when two processes start on an empty folder at once', async () => {
    const twice = join(FOLDER.path, 'twice');
    const results = await Promise.allSettled([startElsewhere(twice), startElsewhere(twice)]);
    const services = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    expect(services).toHaveLength(1);
    expect(results.find((result) => result.status === 'rejected')?.reason).toMatchObject({
      message: expect.stringContaining('Another running Purser'),
    });
    await services[0]!.kill9();
    await ended(Number(services[0]!.ready[1]));
  });
});
