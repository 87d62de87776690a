import { afterEach, describe, expect, it } from '@jest/globals';
import { findProgram, freePort, startOwnRedis, waitUntil, type OwnServer } from '@purser/testing';
import { createServer, type Socket } from 'node:net';
import { openRedis, type OpenRedisOptions, type RedisConnection } from './index.ts';

const describeOwn = findProgram('redis-server') ? describe : describe.skip;

const soon = { timeoutMs: 20_000, what: 'another state of the connection' };

describeOwn('a connection to Redis', () => {
  const opened: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of opened.splice(0).reverse()) await close();
  });

  async function server(...args: string[]): Promise<OwnServer> {
    const started = await startOwnRedis(args);
    opened.push(started.remove);
    return started;
  }

  async function open(url: string, options: Partial<OpenRedisOptions> = {}): Promise<RedisConnection> {
    const connection = await openRedis(url, { name: 'purser-test', ...options });
    opened.push(connection.close);
    return connection;
  }

  /** A server that takes connections and never says anything. */
  async function silence(): Promise<string> {
    const sockets = new Set<Socket>();
    const listening = createServer((socket) => sockets.add(socket.on('error', () => {}))).listen(0, '127.0.0.1');
    await new Promise((resolve) => listening.once('listening', resolve));
    opened.push(async () => {
      for (const socket of sockets) socket.destroy();
      listening.close();
    });
    return `redis://127.0.0.1:${(listening.address() as { port: number }).port}`;
  }

  it('is ready at once, has its name, and takes user, password and database from the URL', async () => {
    const { url } = await server('--user', 'app', 'on', '>s3:cr@t', '~*', '+@all');
    const { port } = new URL(url);
    const connection = await open(`redis://app:s3%3Acr%40t@127.0.0.1:${port}/3`);
    expect(connection.isReady).toBe(true);
    expect(await connection.client.client('INFO')).toMatch(/ name=purser-test .* db=3 .* user=app /);
  });

  it('is given where Redis is away, says so, fails at once, and is there when Redis comes', async () => {
    const started = await server();
    await started.stop();
    const changes: unknown[] = [];
    const connection = await open(started.url, { onChange: (...change) => changes.push(change) });
    expect(connection.isReady).toBe(false);
    await expect(connection.client.get('key')).rejects.toThrow();
    await started.start();
    await waitUntil(() => connection.isReady, soon);
    expect(await connection.client.ping()).toBe('PONG');
    expect(changes).toEqual([
      [false, expect.stringContaining('ECONNREFUSED')],
      [true, undefined],
    ]);
  });

  it('fails what is under way when Redis goes, and does not send it again', async () => {
    const started = await server();
    const { client } = await open(started.url);
    await client.set('count', '1');
    const waiting = client.blpop('nothing', 60);
    const failed = expect(waiting).rejects.toThrow();
    await started.stop();
    await failed;
    await expect(client.incr('count')).rejects.toThrow();
    await started.start();
    await waitUntil(() => client.status === 'ready', soon);
    expect(await client.get('count')).toBe('1');
  });

  it('is given where Redis takes the connection and says nothing', async () => {
    const connection = await open(await silence(), { connectTimeoutMs: 50, commandTimeoutMs: 50 });
    expect(connection.isReady).toBe(false);
    await expect(connection.client.ping()).rejects.toThrow();
  });

  it('notices that Redis stopped answering without leaving, and is back when it answers', async () => {
    const started = await server();
    const connection = await open(started.url, { commandTimeoutMs: 100, heartbeatMs: 20 });
    const pid = Number(/process_id:(\d+)/.exec(await connection.client.info('server'))![1]);
    process.kill(pid, 'SIGSTOP');
    try {
      await expect(connection.client.get('key')).rejects.toThrow('timed out');
      await waitUntil(() => !connection.isReady, soon);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await waitUntil(() => connection.isReady, soon);
    expect(await connection.client.ping()).toBe('PONG');
  });

  it('tells nobody that it is away once it is closed, or being closed', async () => {
    const changes: boolean[] = [];
    const onChange = (isReady: boolean): void => void changes.push(isReady);
    const started = await server();
    const there = await open(started.url, { onChange });
    const ended = new Promise((resolve) => there.client.once('end', resolve));
    await there.close();
    await ended;
    expect(changes).toEqual([true]);
  });

  it('ends however Redis is', async () => {
    const started = await server();
    const [there, away] = [await open(started.url), await open(`redis://127.0.0.1:${await freePort()}`)];
    await Promise.all([there.close(), there.close(), away.close(), away.close()]);
    expect([there.isReady, away.isReady]).toEqual([false, false]);
    await expect(there.client.ping()).rejects.toThrow();
  });

  it('refuses a URL with a database that has no number', async () => {
    await expect(openRedis('redis://127.0.0.1:1/cache', { name: 'purser-test' })).rejects.toThrow(
      'number of a database',
    );
  });
});
