import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@purser/testing';
import { EVENTS, ScriptedProvider, beginStream, answerJson, COMPLETION } from './testing/scripted-provider.ts';
import { TEST_OPTIONS, TestConfiguration, TestGateway, target } from './testing/test-gateway.ts';

const REQUEST = { model: 'chat', messages: [{ role: 'user', content: 'Hi' }] };
const STREAM = { ...REQUEST, stream: true };

const soon = <T>(what: string, condition: () => T) => waitUntil(condition, { timeoutMs: 10_000, everyMs: 2, what });

describe('a client that goes away', () => {
  let provider: ScriptedProvider;
  let gateway: TestGateway;

  beforeAll(async () => {
    provider = await ScriptedProvider.start();
  });
  afterEach(async () => {
    expect(await gateway.leaks()).toEqual([]);
    await gateway.stop();
    provider.received.length = 0;
  });
  afterAll(() => provider.stop());

  const start = async (cancelledStreams: 'drain' | 'abort', options = {}) => {
    gateway = await TestGateway.start(new TestConfiguration(target(provider.baseUrl, { cancelledStreams })), options);
  };

  /** Sends a request whose client leaves when the function says. */
  const leaving = (body: object) => {
    const client = new AbortController();
    const answer = gateway.post(body, { signal: client.signal }).then(
      (response) => response.text(),
      () => 'gone',
    );
    return { leave: () => client.abort(), answer: answer.catch(() => 'gone') };
  };

  it('amid a stream is drained: the rest is read to learn what it cost', async () => {
    await start('drain');
    const rest = Promise.withResolvers<void>();
    provider.next.push(async (response) => {
      beginStream(response).write(EVENTS.first);
      await rest.promise;
      response.end(EVENTS.second + EVENTS.usage + EVENTS.done);
    });
    const client = new AbortController();
    const response = await gateway.post(STREAM, { signal: client.signal });
    await response.body!.getReader().read();
    client.abort();
    await soon('the gateway has noticed', () => gateway.completions.inFlight === 1 && provider.open === 1);
    rest.resolve();
    await soon('the attempt is closed', () => gateway.money.closes[0]);
    expect(gateway.money.closes).toMatchObject([{ cost: '24000', estimated: false, status: 200 }]);
    await soon('the provider is done', () => provider.open === 0);
  });

  it('is the reason on the record of what was read without it', async () => {
    await start('drain');
    const seen = Promise.withResolvers<void>();
    const rest = Promise.withResolvers<void>();
    provider.next.push(async (response) => {
      seen.resolve();
      await rest.promise;
      answerJson(response, 200, COMPLETION);
    });
    const { leave, answer } = leaving(REQUEST);
    await seen.promise;
    leave();
    expect(await answer).toBe('gone');
    // Whether the gateway knows by now is not to be seen from outside; let it.
    await new Promise((resolve) => setTimeout(resolve, 50));
    rest.resolve();
    await soon('the attempt is closed', () => gateway.money.closes[0]);
    expect(gateway.money.closes).toMatchObject([{ cost: '24000', reason: 'client-gone', estimated: false }]);
  });

  it('is drained within a time, then charged the bound', async () => {
    await start('drain', { drainMs: 30 });
    provider.next.push((response) => void beginStream(response).write(EVENTS.first));
    const client = new AbortController();
    await (await gateway.post(STREAM, { signal: client.signal })).body!.getReader().read();
    client.abort();
    await soon('the attempt is closed', () => gateway.money.closes[0]);
    const { open, close } = gateway.money.attempts[0]!;
    expect(close).toMatchObject({ cost: open.bound, reason: 'client-gone', estimated: true });
    await soon('the provider is let go', () => provider.open === 0);
  });

  it('while the gateway waited for it to read is drained too', async () => {
    await start('drain');
    const event = `data: ${JSON.stringify({ choices: [{ delta: { content: 'x'.repeat(30_000) } }] })}\n\n`;
    let written = 0;
    provider.next.push(async (response) => {
      beginStream(response);
      for (; written < 1_000; written++) {
        if (!response.write(event)) await new Promise((resolve) => response.once('drain', resolve));
      }
      response.end(EVENTS.usage + EVENTS.done);
    });
    const client = new AbortController();
    await (await gateway.post(STREAM, { signal: client.signal })).body!.getReader().read();
    for (let before = -1; written !== before;) {
      before = written;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(written).toBeLessThan(1_000);
    client.abort();
    await soon('the attempt is closed', () => gateway.money.closes[0]);
    expect(gateway.money.closes).toMatchObject([{ cost: '24000', reason: 'client-gone', estimated: false }]);
  });

  it.each([STREAM, REQUEST])('stops the provider at once where it says abort', async (request) => {
    await start('abort');
    const seen = Promise.withResolvers<void>();
    provider.next.push((response) => {
      if (request === STREAM) beginStream(response).write(EVENTS.first);
      seen.resolve();
    });
    const { leave } = leaving(request);
    await seen.promise;
    leave();
    await soon('the provider is let go', () => provider.open === 0);
    await soon('the attempt is closed', () => gateway.money.closes[0]);
    const { open, close } = gateway.money.attempts[0]!;
    expect(close).toMatchObject({ cost: open.bound, reason: 'client-gone', estimated: true });
  });

  it('while the attempt is written down is charged nothing, as nothing is sent', async () => {
    await start('drain');
    const opening = Promise.withResolvers<void>();
    const written = Promise.withResolvers<void>();
    gateway.money.onOpen = () => {
      opening.resolve();
      return written.promise;
    };
    const { leave, answer } = leaving(REQUEST);
    await opening.promise;
    leave();
    await answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
    written.resolve();
    await soon('the attempt is closed', () => gateway.money.closes[0]);
    expect(gateway.money.closes).toMatchObject([{ cost: '0', reason: 'not-sent', estimated: false, status: 0 }]);
    expect(provider.received).toHaveLength(0);
  });

  it('while it waits for money leaves the queue', async () => {
    await start('drain');
    const waiting = Promise.withResolvers<void>();
    gateway.money.onReserve = (_budgets, signal) =>
      new Promise((_resolve, reject) => {
        signal!.addEventListener('abort', () => reject(signal!.reason as Error));
        waiting.resolve();
      });
    const { leave } = leaving(REQUEST);
    await waiting.promise;
    leave();
    expect(await gateway.leaks()).toEqual([]);
    expect(gateway.money.attempts).toHaveLength(0);
  });

  it('while it waits for a slot leaves the queue, and the others move up', async () => {
    gateway = await TestGateway.start(new TestConfiguration(target(provider.baseUrl, { concurrency: 1 })));
    const first = Promise.withResolvers<void>();
    provider.next.push(async (response) => {
      await first.promise;
      answerJson(response, 200, COMPLETION);
    });
    const answered = gateway.post(REQUEST);
    await soon('the first is with the provider', () => provider.received.length === 1);
    const { leave } = leaving(REQUEST);
    await soon('the second waits', () => gateway.completions.inFlight === 2);
    const third = gateway.post(REQUEST);
    await soon('the third waits', () => gateway.completions.inFlight === 3);
    leave();
    await soon('the second has left', () => gateway.completions.inFlight === 2);
    expect(gateway.money.reserved).toHaveLength(1);
    first.resolve();
    expect((await answered).status).toBe(200);
    expect((await third).status).toBe(200);
    expect(gateway.money.attempts).toHaveLength(2);
  });
});

describe('a request that could not be written whole', () => {
  let server: Server;
  const sockets = new Set<Socket>();

  beforeAll(async () => {
    // Reads nothing, so that a large body fills the buffers on the way.
    server = createServer({ pauseOnConnect: true }, (socket) => void sockets.add(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  it('because its client left before there was a connection costs nothing', async () => {
    // TLS with a server that says nothing: connected, and never ready.
    const { port } = server.address() as { port: number };
    const silent = target(`https://127.0.0.1:${port}/v1`);
    const options = { timeouts: { ...TEST_OPTIONS.timeouts, connectMs: 500 } };
    const gateway = await TestGateway.start(new TestConfiguration(silent), options);
    const client = new AbortController();
    const before = sockets.size;
    const answer = gateway.post(REQUEST, { signal: client.signal }).catch(() => 'gone');
    await soon('the provider is being connected to', () => sockets.size > before);
    client.abort();
    await answer;
    expect(await gateway.leaks()).toEqual([]);
    expect(gateway.money.closes).toMatchObject([{ cost: '0', reason: 'not-sent', estimated: false, status: 0 }]);
    await gateway.stop();
  });

  it('costs nothing', async () => {
    const { port } = server.address() as { port: number };
    const stuck = target(`http://127.0.0.1:${port}/v1`, { cancelledStreams: 'abort' });
    const options = { timeouts: { ...TEST_OPTIONS.timeouts, totalMs: 200 } };
    const gateway = await TestGateway.start(new TestConfiguration(stuck), options);
    const content = 'x'.repeat(9_900_000);
    const response = await gateway.post({ model: 'chat', messages: [{ role: 'user', content }] });
    expect(response.status).toBe(502);
    expect(gateway.money.closes).toMatchObject([{ cost: '0', reason: 'not-sent', estimated: false, status: 0 }]);
    expect(await gateway.leaks()).toEqual([]);
    await gateway.stop();
  });
});

describe('a client that pipelines', () => {
  it('gets its answers in order', async () => {
    const provider = await ScriptedProvider.start();
    const gateway = await TestGateway.start(new TestConfiguration(target(provider.baseUrl)));
    const body = JSON.stringify(REQUEST);
    const head = (id: string) =>
      `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer k\r\nx-request-id: ${id}\r\n` +
      `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString()));
    socket.write(head('one') + head('two') + head('three'));
    await soon('all are answered', () => text.split('HTTP/1.1 200').length === 4);
    expect([...text.matchAll(/x-request-id: (\w+)/g)].map(([, id]) => id)).toEqual(['one', 'two', 'three']);
    socket.destroy();
    expect(await gateway.leaks()).toEqual([]);
    await gateway.stop();
    await provider.stop();
  });
});
