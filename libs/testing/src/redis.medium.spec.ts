import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describeWithRedis, findProgram, startOwnRedis } from './index.ts';

/** What Redis answers to one command. */
async function ask(url: string, command: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  try {
    socket.write(`${command}\r\n`);
    const [text] = (await once(socket, 'data')) as [Buffer];
    return text.toString();
  } finally {
    socket.destroy();
  }
}

describeWithRedis('a Redis for tests', (start) => {
  it('answers, and is one server for the whole suite', async () => {
    const { url } = await start();
    expect(await ask(url, 'PING')).toBe('+PONG\r\n');
    expect(await start()).toBe(await start());
  });
});

const describeOwn = findProgram('redis-server') ? describe : describe.skip;

describeOwn('a Redis of its own', () => {
  it('is away after stop, and back after start at the same address with what it had', async () => {
    const server = await startOwnRedis();
    try {
      expect(await ask(server.url, 'SET kept 1')).toBe('+OK\r\n');
      await server.stop();
      await expect(ask(server.url, 'PING')).rejects.toThrow('ECONNREFUSED');
      await server.start();
      expect(await ask(server.url, 'GET kept')).toBe('$1\r\n1\r\n');
    } finally {
      await server.remove();
    }
    await expect(ask(server.url, 'PING')).rejects.toThrow('ECONNREFUSED');
  });

  it('takes settings of its own', async () => {
    const server = await startOwnRedis(['--maxmemory', '50mb']);
    try {
      expect(await ask(server.url, 'CONFIG GET maxmemory')).toContain('52428800');
    } finally {
      await server.remove();
    }
  });
});
