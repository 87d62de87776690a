import { describe, expect, it } from '@jest/globals';
import { DomainError } from '@purser/errors';
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Message, MessageHandler, MessageHeaders, MessageTransport } from '../core/transport.ts';
import { eventually, type Transports } from './harness.ts';

const echo: MessageHandler = ({ body }, respond) => respond?.(body);
const silent: MessageHandler = () => undefined;

/** Asks with 5 s unless a test is about deadlines. */
function ask(transport: MessageTransport, subject: string, body = '"x"', headers: MessageHeaders = {}) {
  return transport.request(subject, body, headers, { deadlineMs: 5_000 });
}

async function failureOf(work: Promise<unknown>): Promise<DomainError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(DomainError);
  return error as DomainError;
}

export function describeRequestReply({ connected, name }: Transports): void {
  describe('request and reply', () => {
    it('carries body and headers to the handler and its answer back', async () => {
      const service = name();
      const [server, client] = [await connected(service), await connected(name())];
      const received: Message[] = [];
      server.serve(`${service}.things.get`, service, (message, respond) => {
        received.push(message);
        respond?.(`{"got":${message.body}}`);
      });
      await server.flush();
      await expect(ask(client, `${service}.things.get`, '{"ü":"😀"}', { traceparent: 'a-b' })).resolves.toBe(
        '{"got":{"ü":"😀"}}',
      );
      expect(received).toEqual([
        { subject: `${service}.things.get`, body: '{"ü":"😀"}', headers: { traceparent: 'a-b' } },
      ]);
    });

    it('runs no handler before the call has returned', async () => {
      const service = name();
      const transport = await connected(service);
      let ran = false;
      transport.serve(`${service}.a.b`, service, (message, respond) => {
        ran = true;
        echo(message, respond);
      });
      const reply = ask(transport, `${service}.a.b`);
      expect(ran).toBe(false);
      await reply;
      expect(ran).toBe(true);
    });

    it('keeps what the caller holds in its asynchronous context from the handler, and gives it back after', async () => {
      const service = name();
      const [server, client] = [await connected(service), await connected(name())];
      const storage = new AsyncLocalStorage<string>();
      const seen: unknown[] = [];
      server.serve(`${service}.a.b`, service, (message, respond) => {
        seen.push(storage.getStore());
        echo(message, respond);
      });
      await server.flush();
      await storage.run('transaction', async () => {
        await ask(client, `${service}.a.b`);
        seen.push(storage.getStore());
      });
      expect(seen).toEqual([undefined, 'transaction']);
    });

    it('fails at once as unavailable, worth a retry, when nobody serves the subject', async () => {
      const client = await connected(name());
      expect(await failureOf(ask(client, `${name()}.a.b`))).toMatchObject({ code: 'unavailable', retryable: true });
    });

    it('gives up at the deadline', async () => {
      const service = name();
      const transport = await connected(service);
      transport.serve(`${service}.a.b`, service, silent);
      await transport.flush();
      const failure = await failureOf(transport.request(`${service}.a.b`, '1', {}, { deadlineMs: 30 }));
      expect(failure).toMatchObject({ code: 'deadline_exceeded', retryable: true, details: { deadlineMs: 30 } });
    });

    it.each(['before', 'while'])('ends the wait when its signal is aborted %s it waits', async (when) => {
      const service = name();
      const transport = await connected(service);
      const abort = new AbortController();
      if (when === 'before') abort.abort('gone');
      transport.serve(`${service}.a.b`, service, () => abort.abort('gone'));
      const options = { deadlineMs: 5_000, signal: abort.signal };
      const failure = await failureOf(transport.request(`${service}.a.b`, '1', {}, options));
      expect(failure).toMatchObject({ code: 'cancelled', cause: 'gone' });
    });

    it('asks one replica of a queue each time, and all of them in turn', async () => {
      const service = name();
      const counts = [0, 0, 0];
      for (const index of counts.keys()) {
        const replica = await connected(service);
        replica.serve(`${service}.a.b`, service, (message, respond) => {
          counts[index]! += 1;
          echo(message, respond);
        });
        await replica.flush();
      }
      const client = await connected(name());
      await Promise.all(Array.from({ length: 300 }, () => ask(client, `${service}.a.b`)));
      expect(counts.reduce((sum, count) => sum + count)).toBe(300);
      expect(Math.min(...counts)).toBeGreaterThan(0);
    });

    it('asks a stopped replica nothing more, and still delivers what it was working on', async () => {
      const service = name();
      const [server, client] = [await connected(service), await connected(name())];
      let finish: (() => void) | undefined;
      const receiver = server.serve(`${service}.a.b`, service, (_, respond) => {
        finish = () => respond?.('"late"');
      });
      await server.flush();
      const reply = ask(client, `${service}.a.b`);
      await eventually('the handler runs', () => finish !== undefined);
      await receiver.stop();
      expect((await failureOf(ask(client, `${service}.a.b`))).code).toBe('unavailable');
      finish!();
      await expect(reply).resolves.toBe('"late"');
    });

    it('carries large bodies both ways', async () => {
      const service = name();
      const transport = await connected(service);
      transport.serve(`${service}.a.b`, service, echo);
      await transport.flush();
      const body = JSON.stringify('é'.repeat(250_000));
      await expect(ask(transport, `${service}.a.b`, body)).resolves.toBe(body);
    });

    it('refuses what is too large where it is sent, be it a request or an answer', async () => {
      const service = name();
      const transport = await connected(service);
      const tooLarge = JSON.stringify('é'.repeat(transport.maxPayloadBytes / 2));
      const refused: unknown[] = [];
      transport.serve(`${service}.a.b`, service, (_, respond) => {
        try {
          respond?.(tooLarge);
        } catch (error) {
          refused.push(error);
          respond?.('"sorry"');
        }
      });
      expect(await failureOf(ask(transport, `${service}.a.b`, tooLarge))).toMatchObject({ code: 'message_too_large' });
      await expect(ask(transport, `${service}.a.b`)).resolves.toBe('"sorry"');
      expect(refused).toMatchObject([{ code: 'message_too_large', details: { subject: `${service}.a.b` } }]);
    });

    it('keeps a thousand requests at once apart', async () => {
      const service = name();
      const [server, client] = [await connected(service), await connected(name())];
      server.serve(`${service}.a.b`, service, ({ body }, respond) => setImmediate(() => respond?.(`${body}0`)));
      await server.flush();
      const bodies = Array.from({ length: 1_000 }, (_, index) => String(index));
      const replies = await Promise.all(bodies.map((body) => ask(client, `${service}.a.b`, body)));
      expect(replies).toEqual(bodies.map((body) => `${body}0`));
    });

    it('is unavailable once closed', async () => {
      const transport = await connected(name());
      const statuses: string[] = [];
      transport.onStatus((status) => statuses.push(status));
      expect(transport.status).toBe('connected');
      await transport.close();
      await transport.close();
      expect([transport.status, statuses]).toEqual(['closed', ['closed']]);
      expect((await failureOf(ask(transport, `${transport.name}.a.b`))).code).toBe('unavailable');
    });
  });
}
