import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { describeWithNats } from '@purser/testing';
import { natsTransport, type MessageTransport, type OutgoingEvent } from '../../index.ts';
import { describeMessageTransport } from '../../testing/index.ts';
import { eventually } from '../../testing/harness.ts';

// Processes start slowly on a machine that is busy with other tests.
jest.setTimeout(60_000);

const events = { maxBytes: 2 ** 23 };
const prefix = `durable-${process.pid}`;

/** The server may be somebody's own: leave no streams on it. */
async function removeStreams(url: string): Promise<void> {
  const connection = await connect({ servers: url });
  const { streams } = await jetstreamManager(connection);
  for await (const { config } of streams.list()) {
    const ours = new RegExp(`^PURSER_(CONFORMANCE|DURABLE)_${process.pid}_`);
    if (ours.test(config.name)) await streams.delete(config.name);
  }
  await connection.close();
}

describeWithNats('over a NATS server', (start) => {
  describeMessageTransport('NATS', async () => {
    const { url } = await start();
    return {
      transport: (name) => natsTransport({ servers: url, name, events }),
      close: () => removeStreams(url),
    };
  });

  describe('JetStream', () => {
    let admin: NatsConnection;
    let url: string;
    let service = 0;
    const opened: MessageTransport[] = [];

    async function transport(name = `${prefix}-${++service}`, servers = url): Promise<MessageTransport> {
      const made = natsTransport({ servers, name, events });
      opened.push(made);
      await made.connect();
      return made;
    }

    const eventOf = (subject: string, id: string): OutgoingEvent => ({ id, subject, body: `"${id}"`, headers: {} });
    const streamOf = async (publisher: MessageTransport) =>
      (await jetstreamManager(admin)).streams.info(`PURSER_${publisher.name.toUpperCase().replaceAll('-', '_')}`);

    beforeAll(async () => {
      url = (await start()).url;
      admin = await connect({ servers: url });
    });
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((made) => made.close()));
    });
    afterAll(async () => {
      await admin.close();
      await removeStreams(url);
    });

    it('keeps the events of a service in one stream, bounded, with their exact subjects', async () => {
      const publisher = await transport();
      const subjects = [`${publisher.name}.a.done`, `${publisher.name}.b.done`];
      await Promise.all(subjects.map((subject) => publisher.publishEvents([eventOf(subject, subject)])));
      const { config, state } = await streamOf(publisher);
      expect(config).toMatchObject({
        storage: 'file',
        retention: 'limits',
        max_bytes: events.maxBytes,
        max_age: 7 * 86_400 * 1e9,
        duplicate_window: 120 * 1e9,
      });
      expect(config.subjects.toSorted()).toEqual(subjects);
      expect(state.messages).toBe(2);
    });

    it('lets the publishing service set how much is kept, and its consumers only add what is missing', async () => {
      const name = `${prefix}-${++service}`;
      const subject = `${name}.a.done`;
      const kept = async (): Promise<number> => {
        const { streams } = await jetstreamManager(admin);
        return (await streams.info(`PURSER_${name.toUpperCase().replaceAll('-', '_')}`)).config.max_bytes;
      };
      const with4MiB = natsTransport({ servers: url, name: 'reports', events: { maxBytes: 2 ** 22 } });
      const with16MiB = natsTransport({ servers: url, name, events: { maxBytes: 2 ** 24 } });
      opened.push(with4MiB, with16MiB);
      await Promise.all([with4MiB.connect(), with16MiB.connect()]);
      const consume = (consumer: string) =>
        with4MiB.consume({ consumer, subject, maxInFlight: 1 }, async () => ({ kind: 'done' }));
      await consume('first');
      expect(await kept()).toBe(2 ** 22);
      await with16MiB.publishEvents([eventOf(subject, 'e1')]);
      expect(await kept()).toBe(2 ** 24);
      await consume('second');
      expect(await kept()).toBe(2 ** 24);
    });

    it('stores an event once, however often it is published', async () => {
      const publisher = await transport();
      const event = eventOf(`${publisher.name}.a.done`, 'e1');
      await publisher.publishEvents([event, event]);
      await publisher.publishEvents([event]);
      expect((await streamOf(publisher)).state.messages).toBe(1);
    });

    it('gives a consumer what was published before it first started', async () => {
      const publisher = await transport();
      const subject = `${publisher.name}.a.done`;
      await publisher.publishEvents([eventOf(subject, 'e1'), eventOf(subject, 'e2')]);
      const seen: string[] = [];
      await publisher.consume({ consumer: 'late', subject, maxInFlight: 1 }, async ({ id }) => {
        seen.push(id);
        return { kind: 'done' };
      });
      await eventually('both are consumed', () => seen.length === 2);
      expect(seen).toEqual(['e1', 'e2']);
    });

    it('has no more events in work than it may, and keeps all in flow', async () => {
      const publisher = await transport();
      const subject = `${publisher.name}.a.done`;
      let [working, most, done] = [0, 0, 0];
      await publisher.consume({ consumer: 'busy', subject, maxInFlight: 3 }, async () => {
        most = Math.max(most, ++working);
        await new Promise((resolve) => setTimeout(resolve, 2));
        working -= 1;
        done += 1;
        return { kind: 'done' };
      });
      await publisher.publishEvents(Array.from({ length: 200 }, (_, index) => eventOf(subject, `e${index}`)));
      await eventually('all are consumed', () => done === 200);
      expect(most).toBe(3);
    });

    it('keeps what was set aside, with its reason', async () => {
      const publisher = await transport();
      const subject = `${publisher.name}.a.done`;
      const consumer = `picky-${process.pid}-${service}`;
      const asides: string[] = [];
      admin.subscribe(`purser.dead-letters.${consumer}`, {
        callback: (_, message) => {
          const { headers } = message;
          const [id, reason, from] = ['purser-event-id', 'purser-reason', 'purser-subject'].map((h) => headers?.get(h));
          asides.push(`${id} of ${from}: ${reason}: ${message.string()}`);
        },
      });
      await admin.flush();
      await publisher.consume({ consumer, subject, maxInFlight: 1 }, async () => ({
        kind: 'poison',
        reason: 'a\r\nb',
      }));
      await publisher.publishEvents([eventOf(subject, 'e1')]);
      await eventually('it is set aside', () => asides.length > 0);
      expect(asides).toEqual([`e1 of ${subject}: a b: "e1"`]);
      const stored = await (await jetstreamManager(admin)).streams.info('PURSER_DEAD_LETTERS');
      expect(stored.state.messages).toBeGreaterThan(0);
    });

    it('hands what a stopping replica has fetched, but not begun, to another one at once', async () => {
      const publisher = await transport();
      const subject = `${publisher.name}.a.done`;
      const { promise: gate, resolve: open } = Promise.withResolvers<void>();
      const [first, second]: [string[], string[]] = [[], []];
      const stopping = await publisher.consume({ consumer: 'pair', subject, maxInFlight: 2 }, async ({ id }) => {
        first.push(id);
        await gate;
        return { kind: 'done' };
      });
      await publisher.publishEvents(['e1', 'e2', 'e3', 'e4'].map((id) => eventOf(subject, id)));
      await eventually('two are in work', () => first.length === 2);
      await stopping.stop();
      await publisher.consume({ consumer: 'pair', subject, maxInFlight: 2 }, async ({ id }) => {
        second.push(id);
        return { kind: 'done' };
      });
      open();
      await eventually('the other has taken over', () => second.length >= 2);
      expect([...first, ...second].toSorted()).toEqual(['e1', 'e2', 'e3', 'e4']);
    });

    it('goes on after the stream and its consumers were lost', async () => {
      const publisher = await transport();
      const subject = `${publisher.name}.a.done`;
      const seen: string[] = [];
      await publisher.consume({ consumer: 'robust', subject, maxInFlight: 1 }, async ({ id }) => {
        seen.push(id);
        return { kind: 'done' };
      });
      await publisher.publishEvents([eventOf(subject, 'e1')]);
      await eventually('the first is consumed', () => seen.length === 1);
      const { streams } = await jetstreamManager(admin);
      await streams.delete((await streamOf(publisher)).config.name);
      const publish = () => publisher.publishEvents([eventOf(subject, 'e2')]);
      // The first attempt may find the stream gone; the consumer or the second makes it anew.
      await publish().catch(publish);
      await eventually('the second is consumed', () => seen.includes('e2'));
    });
  });
});
