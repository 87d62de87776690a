import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { startSimulator } from './simulator.ts';
import type { Simulator } from './simulator.ts';

let simulator: Simulator;

beforeAll(async () => {
  simulator = await startSimulator({ instant: true });
});
beforeEach(() => simulator.reset());
afterAll(() => simulator.close());

const head = (bytes: number) => `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nContent-Length: ${bytes}\r\n\r\n`;
const request = `${head(5)}abcde`;

async function open(): Promise<{ socket: Socket; answers: (count: number) => Promise<string> }> {
  const socket = connect(simulator.port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk) => (text += chunk.toString()));
  await once(socket, 'connect');
  const answers = async (count: number) => {
    while ((text.match(/HTTP\/1\.1 /g)?.length ?? 0) < count || !text.endsWith('}')) await once(socket, 'data');
    return text;
  };
  return { socket, answers };
}

describe('an instant simulator', () => {
  it('gives every plain completion the same answer, and totals', async () => {
    const ask = () =>
      fetch(`${simulator.url}/v1/chat/completions`, { method: 'POST', body: JSON.stringify({ any: 'thing' }) });
    const [one, two] = [await (await ask()).json(), await (await ask()).json()];
    expect(one).toMatchObject({ model: 'sim-small', usage: { prompt_tokens: 16, completion_tokens: 8 } });
    expect(two).toEqual(one);
    expect(simulator.ledger()).toMatchObject({
      entries: [],
      totals: { requests: 2, promptTokens: 32, completionTokens: 16, costNanos: String(2 * (16 * 150 + 8 * 600)) },
    });
  });

  it('serves models, ledger and settings as usual, also on a connection that it used', async () => {
    const { socket, answers } = await open();
    socket.write(`${request}GET /simulator/ledger HTTP/1.1\r\nhost: x\r\n\r\n`);
    expect(await answers(2)).toContain('"requests":1');
    socket.destroy();
    expect((await fetch(`${simulator.url}/v1/models`)).status).toBe(200);
  });

  it('finds requests however they are cut into packets, and answers pipelined ones in one go', async () => {
    const { socket, answers } = await open();
    for (const byte of request) {
      socket.write(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await answers(1);
    socket.write(request.repeat(3) + head(0));
    await answers(5);
    expect(simulator.ledger().totals.requests).toBe(5);
    socket.destroy();
  });

  it('leaves a body in chunks to the ordinary way', async () => {
    const { socket, answers } = await open();
    const body = JSON.stringify({ model: 'sim-large', messages: [{ role: 'user', content: 'x' }] });
    socket.write('POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n');
    socket.write(`${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`);
    expect(await answers(1)).toContain('"model":"sim-large"');
    expect(simulator.ledger().entries).toHaveLength(1);
    socket.destroy();
  });

  it('refuses what is not HTTP, or has no end', async () => {
    for (const garbage of ['not http\r\n\r\n', 'GET / HTTP/1.1\r\nx: '.padEnd(40_000, 'x')]) {
      const { socket } = await open();
      socket.on('error', () => undefined);
      socket.write(garbage);
      await once(socket, 'close');
    }
    expect(simulator.ledger().totals.requests).toBe(0);
  });

  it('cuts its connections when it closes', async () => {
    const other = await startSimulator({ instant: true });
    const socket = connect(other.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(request);
    await once(socket, 'data');
    const closed = once(socket, 'close');
    await other.close();
    await closed;
    await other.close();
  });
});
