import { expect, it } from '@jest/globals';
import { InProcessBroker } from '../../index.ts';
import { describeMessageTransport } from '../../testing/index.ts';

describeMessageTransport('in-process', async () => {
  const broker = new InProcessBroker();
  return { transport: (name) => broker.transport(name), close: async () => undefined };
});

const event = { id: 'e1', subject: 'budget.a.done', body: '1', headers: {} };
const options = { consumer: 'reports', subject: event.subject, maxInFlight: 1 };

it('keeps an event with its publisher while nobody consumes it', async () => {
  const transport = new InProcessBroker().transport('budget');
  await transport.connect();
  await expect(transport.publishEvents([event])).rejects.toMatchObject({ code: 'unavailable' });
});

it('keeps events with their publisher until every expected consumer has started', async () => {
  const broker = new InProcessBroker({ consumers: ['reports', 'training'] });
  const transport = broker.transport('budget');
  const seen: string[] = [];
  await transport.consume(options, async () => {
    seen.push('reports');
    return { kind: 'done' };
  });
  await expect(transport.publishEvents([event])).rejects.toThrow('The consumer training has not started yet.');
  await transport.consume({ ...options, consumer: 'training' }, async () => {
    seen.push('training');
    return { kind: 'done' };
  });
  await transport.publishEvents([event]);
  expect(seen.toSorted()).toEqual(['reports', 'training']);
});

it('publishes only once every consumer has handled the event', async () => {
  const transport = new InProcessBroker().transport('budget');
  let fail = true;
  await transport.consume(options, async () => {
    if (fail) throw new Error('no');
    return { kind: 'done' };
  });
  await expect(transport.publishEvents([event])).rejects.toMatchObject({ code: 'internal' });
  fail = false;
  await transport.publishEvents([event]);
});
