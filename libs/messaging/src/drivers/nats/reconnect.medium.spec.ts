import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { describeWithNats, findProgram, freePort, spawnService, temporaryFolder } from '@purser/testing';
import type { Service, TemporaryFolder } from '@purser/testing';
import { natsTransport, type MessageTransport } from '../../index.ts';
import { eventually } from '../../testing/harness.ts';

// Processes start slowly on a machine that is busy with other tests.
jest.setTimeout(60_000);

const program = findProgram('nats-server');

/** A server that may be killed and started again: one of our own, on the same port and store. */
describeWithNats('when the NATS server goes away', () => {
  let port: number;
  let store: TemporaryFolder;
  let server: Service | undefined;
  const opened: MessageTransport[] = [];

  async function startServer(): Promise<void> {
    server = await spawnService({
      command: program!,
      args: ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', store.path],
      readyLine: /Server is ready/,
    });
  }

  function transport(name: string, connectTimeoutMs = 10_000): MessageTransport {
    const made = natsTransport({
      servers: `nats://127.0.0.1:${port}`,
      name,
      connectTimeoutMs,
      events: { maxBytes: 2 ** 20 },
    });
    opened.push(made);
    return made;
  }

  beforeEach(async () => {
    port = await freePort();
    store = await temporaryFolder();
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((made) => made.close()));
    await server?.stop();
    server = undefined;
    await store.remove();
  });

  it('waits for the server at the start, for a bounded time', async () => {
    const early = transport('budget');
    const connecting = early.connect();
    await expect(transport('reports', 300).connect()).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining(`NATS at 127.0.0.1:${port} can't be reached`),
    });
    await startServer();
    await connecting;
    expect(early.status).toBe('connected');
  });

  it('can be closed while it still tries', async () => {
    const early = transport('budget');
    const connecting = early.connect().catch((error: unknown) => error);
    await early.close();
    expect(await connecting).toMatchObject({ code: 'unavailable' });
    expect(early.status).toBe('closed');
  });

  it('fails what waits for an answer, holds what is asked meanwhile, and goes on once it is back', async () => {
    await startServer();
    const [service, client] = [transport('budget'), transport('web-gateway')];
    await Promise.all([service.connect(), client.connect()]);
    let answering = false;
    service.serve('budget.a.b', 'budget', (_, respond) => {
      if (answering) respond?.('"answered"');
    });
    const heard: string[] = [];
    service.serve('budget.a.changed', undefined, ({ body }) => heard.push(body));
    const waiting = client.request('budget.a.b', '1', {}, { deadlineMs: 30_000 }).catch((error: unknown) => error);
    await client.request('budget.none', '1', {}, { deadlineMs: 5_000 }).catch(() => undefined);
    await server!.kill9();
    expect(await waiting).toMatchObject({ code: 'unavailable', retryable: true });
    expect(client.status).toBe('reconnecting');
    expect(() => client.publish('budget.a.changed', '"lost"', {})).not.toThrow();
    await expect(client.request('budget.a.b', '1', {}, { deadlineMs: 20 })).rejects.toMatchObject({
      code: 'unavailable',
    });
    const abort = new AbortController();
    const options = { deadlineMs: 30_000, signal: abort.signal };
    const aborted = client.request('budget.a.b', '1', {}, options).catch((error: unknown) => error);
    abort.abort();
    expect(await aborted).toMatchObject({ code: 'cancelled' });
    answering = true;
    const held = client.request('budget.a.b', '1', {}, { deadlineMs: 30_000 });
    await startServer();
    // The caller may be back before the service is: that is what its retry is for.
    await held.catch(() => undefined);
    await eventually('both are back', () => service.status === 'connected' && client.status === 'connected');
    await expect(client.request('budget.a.b', '1', {}, { deadlineMs: 5_000 })).resolves.toBe('"answered"');
    client.publish('budget.a.changed', '"heard"', {});
    await eventually('a publish is heard', () => heard.length > 0);
    expect(heard).toEqual(['"heard"']);
  });

  it('loses no durable event', async () => {
    await startServer();
    const [publisher, consumer] = [transport('budget'), transport('reports')];
    await Promise.all([publisher.connect(), consumer.connect()]);
    const seen = new Set<string>();
    await consumer.consume({ consumer: 'reports', subject: 'budget.a.done', maxInFlight: 2 }, async ({ id }) => {
      seen.add(id);
      return { kind: 'done' };
    });
    const publish = (id: string) => publisher.publishEvents([{ id, subject: 'budget.a.done', body: '1', headers: {} }]);
    await publish('before');
    await eventually('the first is consumed', () => seen.has('before'));
    await server!.kill9();
    const meanwhile = publish('meanwhile').catch(() => publish('meanwhile'));
    await startServer();
    await meanwhile;
    await eventually('the second is consumed', () => seen.has('meanwhile'));
  });

  it('closes without waiting for it', async () => {
    await startServer();
    const client = transport('web-gateway');
    await client.connect();
    await server!.kill9();
    await eventually('the loss is noticed', () => client.status === 'reconnecting');
    await client.close(60_000);
    expect(client.status).toBe('closed');
  });
});
