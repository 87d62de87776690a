import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { describeWithRedis } from '@purser/testing';
import type { Redis } from 'ioredis';
import { randomUUID } from 'node:crypto';
import { rateLimit, slotLimit } from '../../core/limit.ts';
import type { RedisClient } from './client.ts';
import { RedisStore } from './redis-store.ts';
import { OpenedStores } from './testing/opened-stores.ts';

const HOUR_MS = 3_600_000;
const requests = rateLimit('requests', { amount: 10, perMs: 10 * HOUR_MS });
const slots = slotLimit('concurrency', { slots: 2, leaseMs: HOUR_MS });
const slot = { limit: slots, subject: 'key' };
const rate = { limit: requests, subject: 'key', cost: 6 };
const anna = { client: 'anna', waits: false };

/** Sends each command twice, as a client does whose connection broke before the answer came. */
class SendsAgain implements RedisClient {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  async evalsha(...script: Parameters<RedisClient['evalsha']>): Promise<unknown> {
    await this.#redis.evalsha(...script);
    return this.#redis.evalsha(...script);
  }

  async eval(...script: Parameters<RedisClient['eval']>): Promise<unknown> {
    await this.#redis.eval(...script);
    return this.#redis.eval(...script);
  }
}

describeWithRedis('a command that is sent again', (start) => {
  const opened = new OpenedStores();
  let redis: Redis;
  let prefix: string;
  let store: RedisStore;
  beforeAll(async () => {
    redis = await opened.connect((await start()).url);
  });
  beforeEach(() => {
    prefix = `{limits-${randomUUID()}}:`;
    store = opened.open({ redis: new SendsAgain(redis), prefix });
  });
  afterAll(() => opened.close());

  it('counts what a client holds once', async () => {
    const other = await store.take([slot], { client: 'bert', waits: false });
    for (let time = 0; time < 3; time += 1) {
      const decision = await store.take([slot], anna);
      if (!decision.allowed) throw new Error('was refused');
      expect(await redis.hgetall(`${prefix}h:concurrency:key`)).toEqual({ ':anna': '1', ':bert': '1' });
      await store.release(decision.holds);
    }
    expect(other).toMatchObject({ allowed: true });
    expect(await redis.hgetall(`${prefix}h:concurrency:key`)).toEqual({ ':bert': '1' });
  });

  it('is answered as before where it took the last, and takes nothing more', async () => {
    await store.take([slot], anna);
    const last = await store.take([rate, slot], anna);
    expect(last).toMatchObject({ allowed: true, standings: [{ remaining: 4 }, { remaining: 0 }] });
    expect(await store.take([slot], anna)).toMatchObject({ allowed: false });
    expect(await redis.zcard(`${prefix}l:concurrency:key`)).toBe(2);
    expect(await store.look([rate])).toMatchObject([{ remaining: 4 }]);
  });
});
