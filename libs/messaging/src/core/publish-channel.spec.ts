import { definePublish } from '@purser/contracts';
import { expect, it } from '@jest/globals';
import { z } from 'zod';
import { InProcessBroker } from '../drivers/in-process/in-process-broker.ts';
import { PublishChannel } from './publish-channel.ts';

const contract = definePublish('test.said', z.object({ word: z.string() }));
const heardBy = () => new Promise((resolve) => setImmediate(resolve));

it('is heard by all who listen, also by who speaks, until they stop', async () => {
  const broker = new InProcessBroker();
  const [one, other] = ['one', 'other'].map((name) => new PublishChannel(broker.transport(name), contract, () => {}));
  const heard: string[] = [];
  const stop = await one!.subscribe(({ word }) => void heard.push(`one ${word}`));
  await other!.subscribe(({ word }) => void heard.push(`other ${word}`));
  one!.publish({ word: 'a' });
  await heardBy();
  expect(heard.toSorted()).toEqual(['one a', 'other a']);
  stop();
  one!.publish({ word: 'b' });
  await heardBy();
  expect(heard.slice(2)).toEqual(['other b']);
});

it('tells of what does not fit the contract, and of a handler that throws, and goes on', async () => {
  const transport = new InProcessBroker().transport('one');
  const problems: unknown[] = [];
  const channel = new PublishChannel(transport, contract, (error) => void problems.push(error));
  const heard: string[] = [];
  await channel.subscribe(({ word }) => {
    if (word === 'bad') throw new Error('not that word');
    heard.push(word);
  });
  transport.publish(contract.subject, '{"word":1}', {});
  transport.publish(contract.subject, 'no json', {});
  channel.publish({ word: 'bad' });
  channel.publish({ word: 'good' });
  await heardBy();
  expect(heard).toEqual(['good']);
  expect(problems.map((error) => (error as Error).message)).toEqual([
    expect.stringContaining('word'),
    expect.stringContaining('JSON'),
    'not that word',
  ]);
});
