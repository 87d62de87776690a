import { afterAll, expect, it } from '@jest/globals';
import { describeWithRedis, waitUntil } from '@purser/testing';
import { Redis } from 'ioredis';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { FallbackStore, Limiter, slotLimit } from './index.ts';
import { RedisStore } from './stores/redis/index.ts';

const soon = { timeoutMs: 20_000 };

describeWithRedis('the example over Redis of the README', (start) => {
  const opened: Redis[] = [];
  const closing: Limiter[] = [];
  afterAll(async () => {
    for (const limiter of closing) await limiter.close();
    for (const connection of opened) connection.disconnect();
  });

  it('is what runs here: two processes share a slot, and the one hears when the other gives it back', async () => {
    const { url } = await start();
    const [prefix, deadlineMs, gateways] = [`{shop-limits-${randomUUID()}}:`, 20_000, 4];
    const changes: string[] = [];
    const log = (text: unknown) => changes.push(String(text));

    const open = () => {
      const redis = new Redis(url, { enableOfflineQueue: false, maxRetriesPerRequest: 0 });
      const subscriber = new Redis(url);
      for (const connection of [redis, subscriber]) connection.on('error', log);
      const primary = new RedisStore({ redis, subscriber, prefix, deadlineMs });
      const onChange = ({ isAway }: { isAway: boolean }) => log(isAway ? 'Redis is away' : 'Redis is there');
      const store = new FallbackStore({ primary, share: 1 / gateways, onChange });
      const limiter = new Limiter({ store });
      opened.push(redis, subscriber);
      closing.push(limiter);
      return { limiter, store, connections: [redis, subscriber] };
    };

    const [one, other] = [open(), open()];
    const connections = [...one.connections, ...other.connections];
    await waitUntil(() => connections.every(({ status }) => status === 'ready'), { ...soon, what: 'Redis is there' });
    const slot = [{ limit: slotLimit('concurrency', { slots: 1 }), subject: 'key-1' }];
    const held = await one.limiter.acquire(slot, { client: 'anna' });
    const waiting = Promise.resolve(other.limiter.acquire(slot, { client: 'bert' }));
    await waitUntil(() => other.limiter.statistics().waiting === 1, { ...soon, what: 'the other waits' });
    await held.release();
    await (await waiting).release();
    expect([one.store.statistics().localDecisions, other.store.statistics().localDecisions]).toEqual([0, 0]);

    const lines = (text: string): string[] => text.split('\n').map((line) => line.trim());
    const own = lines(readFileSync(new URL(import.meta.url), 'utf8'));
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    const [, shown] = /## Over Redis\n[^]*?```ts\n([^]*?)```/.exec(readme)!;
    expect(lines(shown!).filter((line) => !own.includes(line))).toEqual([]);
  });
});
