import { expect, it } from '@jest/globals';
import { connect } from 'node:net';
import { once } from 'node:events';
import pg from 'pg';
import { describeWith, findProgram, startOwnNats, startOwnPostgres } from './index.ts';

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  try {
    await client.connect();
    return (await client.query(text)).rows as unknown[];
  } finally {
    await client.end();
  }
}

it('a PostgreSQL of its own is away after stop, and back after start with what it had', async () => {
  const server = await startOwnPostgres();
  try {
    await query(server.url, 'create table kept as select 1 as id');
    await server.stop();
    await expect(query(server.url, 'select from kept')).rejects.toThrow('ECONNREFUSED');
    await server.start();
    expect(await query(server.url, 'select id from kept')).toEqual([{ id: 1 }]);
  } finally {
    await server.remove();
  }
  await expect(query(server.url, 'select')).rejects.toThrow('ECONNREFUSED');
});

const program = {
  name: 'nats-server',
  install: 'apt-get install nats-server',
  available: () => findProgram('nats-server') !== undefined,
  start: async () => ({ stop: async () => {} }),
};

describeWith(program, 'a NATS of its own', () => {
  /** What the server says first to whoever connects. */
  async function greeting(url: string): Promise<string> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    try {
      const [text] = (await once(socket, 'data')) as [Buffer];
      return text.toString();
    } finally {
      socket.destroy();
    }
  }

  it('is away after stop, and back after start at the same address', async () => {
    const server = await startOwnNats();
    try {
      expect(await greeting(server.url)).toMatch(/^INFO .*"jetstream":true/);
      await server.stop();
      await expect(greeting(server.url)).rejects.toThrow('ECONNREFUSED');
      await server.start();
      expect(await greeting(server.url)).toMatch(/^INFO /);
    } finally {
      await server.remove();
    }
    await expect(greeting(server.url)).rejects.toThrow('ECONNREFUSED');
  });
});
