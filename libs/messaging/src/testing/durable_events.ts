import { describe, expect, it } from '@jest/globals';
import type { EventHandler, EventMessage, MessageTransport, OutgoingEvent, Receiver } from '../core/transport.ts';
import { eventually, type Transports } from './harness.ts';

const done = { kind: 'done' } as const;

/** As the outbox relay does: again and again, until it is durable. */
async function publish(transport: MessageTransport, subject: string, ...ids: string[]): Promise<void> {
  const events: OutgoingEvent[] = ids.map((id) => ({ id, subject, body: JSON.stringify({ id }), headers: {} }));
  for (let attempt = 0; attempt < 100; attempt++) {
    try {
      return await transport.publishEvents(events);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  throw new Error('The events did not become durable.');
}

function consume(
  transport: MessageTransport,
  subject: string,
  consumer: string,
  handler: EventHandler,
): Promise<Receiver> {
  return transport.consume({ consumer, subject, maxInFlight: 4 }, handler);
}

export function describeDurableEvents({ connected, name }: Transports): void {
  describe('durable events', () => {
    it('reach each consumer, on one of its replicas, in order when nothing fails', async () => {
      const publisher = await connected(name());
      const subject = `${publisher.name}.a.done`;
      const [reports, training]: [EventMessage[], string[]] = [[], []];
      for (const replica of [await connected('reports'), await connected('reports')]) {
        await consume(replica, subject, 'reports', async (event) => {
          reports.push(event);
          return done;
        });
      }
      await consume(await connected('training'), subject, 'training', async ({ id }) => {
        training.push(id);
        return done;
      });
      await publish(publisher, subject, 'e1', 'e2', 'e3');
      await eventually('all are consumed', () => reports.length >= 3 && training.length >= 3);
      expect(training).toEqual(['e1', 'e2', 'e3']);
      expect(reports.map(({ id }) => id).toSorted()).toEqual(['e1', 'e2', 'e3']);
      expect(reports[0]).toMatchObject({ subject, body: `{"id":"${reports[0]!.id}"}`, deliveries: 1 });
    });

    it('come again until the handler succeeds', async () => {
      const publisher = await connected(name());
      const subject = `${publisher.name}.a.done`;
      const deliveries: number[] = [];
      await consume(publisher, subject, 'reports', async (event) => {
        deliveries.push(event.deliveries);
        if (deliveries.length < 3) throw new Error('not yet');
        return done;
      });
      await publish(publisher, subject, 'e1');
      await eventually('it has succeeded', () => deliveries.length >= 3);
      expect(deliveries).toEqual([1, 2, 3]);
    });

    it('hold up none of the others while they fail', async () => {
      const publisher = await connected(name());
      const subject = `${publisher.name}.a.done`;
      const handled = new Set<string>();
      let mended = false;
      await consume(publisher, subject, 'reports', async ({ id }) => {
        if (id === 'bad' && !mended) throw new Error('always');
        handled.add(id);
        return done;
      });
      const bad = publish(publisher, subject, 'bad');
      await publish(publisher, subject, 'good');
      await eventually('the good one is handled', () => handled.has('good'));
      expect(handled.has('bad')).toBe(false);
      mended = true;
      await eventually('the bad one is handled', () => handled.has('bad'));
      await bad;
    });

    it('are known by their id when they are published twice', async () => {
      const publisher = await connected(name());
      const subject = `${publisher.name}.a.done`;
      const handled: string[] = [];
      await consume(publisher, subject, 'reports', async ({ id }) => {
        handled.push(id);
        return done;
      });
      await publish(publisher, subject, 'e1');
      await publish(publisher, subject, 'e1', 'e2');
      await eventually('both are handled', () => handled.includes('e2'));
      expect([...new Set(handled)]).toEqual(['e1', 'e2']);
    });

    it('do not come again once set aside', async () => {
      const publisher = await connected(name());
      const subject = `${publisher.name}.a.done`;
      const handled: string[] = [];
      await consume(publisher, subject, 'reports', async ({ id }) => {
        handled.push(id);
        return id === 'poison' ? { kind: 'poison', reason: 'not\r\nreadable' } : done;
      });
      await publish(publisher, subject, 'poison');
      await publish(publisher, subject, 'good');
      await eventually('the good one is handled', () => handled.includes('good'));
      expect(handled).toEqual(['poison', 'good']);
    });

    it('wait for a consumer that is away', async () => {
      const [publisher, consumer] = [await connected(name()), await connected('reports')];
      const subject = `${publisher.name}.a.done`;
      const handled: string[] = [];
      const handler: EventHandler = async ({ id }) => {
        handled.push(id);
        return done;
      };
      const receiver = await consume(consumer, subject, 'reports', handler);
      await publish(publisher, subject, 'e1');
      await eventually('the first is handled', () => handled.length === 1);
      await receiver.stop();
      const missed = publish(publisher, subject, 'e2', 'e3');
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(handled).toEqual(['e1']);
      await consume(await connected('reports'), subject, 'reports', handler);
      await missed;
      await eventually('what was missed is handled', () => handled.length >= 3);
      expect(handled).toEqual(['e1', 'e2', 'e3']);
    });

    it('are refused when too large', async () => {
      const publisher = await connected(name());
      const body = JSON.stringify('x'.repeat(publisher.maxPayloadBytes));
      const event = { id: 'e1', subject: `${publisher.name}.a.done`, body, headers: {} };
      await expect(publisher.publishEvents([event])).rejects.toMatchObject({ code: 'message_too_large' });
    });
  });
}
