import { expect, it } from '@jest/globals';
import { once } from 'node:events';
import { MessageChannel } from 'node:worker_threads';
import { rateLimit } from '../../core/limit.ts';
import { RedisStore } from './redis-store.ts';
import { ScriptedRedis } from './testing/scripted-redis.ts';

const demand = { limit: rateLimit('requests', { amount: 10, perMs: 1_000 }), subject: 'key' };
const turn = () => new Promise((resolve) => setImmediate(resolve));

it('takes no answer for late that came while the event loop stood still', async () => {
  const { port1: ours, port2: theirs } = new MessageChannel();
  const redis = new ScriptedRedis();
  redis.answer(async () => {
    const [answer] = (await once(ours, 'message')) as [unknown];
    return answer;
  });
  const deadlineMs = 10;
  const store = new RedisStore({ redis, deadlineMs });
  // From the end of a turn timers come first, then what is to be read.
  await turn();
  const taken = store.take([demand], { client: 'anna', waits: false });
  while (redis.sent.length === 0) await Promise.resolve();
  theirs.postMessage([[0, 0, 9, 0]]);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3 * deadlineMs);
  expect(await taken).toMatchObject({ allowed: true, standings: [{ remaining: 9 }] });
  ours.close();
  await store.close();
});
