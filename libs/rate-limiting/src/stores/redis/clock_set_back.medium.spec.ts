import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { describeWithRedis, waitUntil } from '@purser/testing';
import type { Redis } from 'ioredis';
import { randomUUID } from 'node:crypto';
import { rateLimit, slotLimit } from '../../core/limit.ts';
import { RedisStore } from './redis-store.ts';
import { OpenedStores } from './testing/opened-stores.ts';

const soon = { timeoutMs: 20_000 };
const HOUR_MS = 3_600_000;
const fast = { limit: rateLimit('fast', { amount: 2, perMs: 20 }), subject: 'key' };
const brief = { limit: slotLimit('brief', { slots: 1, leaseMs: 50 }), subject: 'key' };
const long = { limit: slotLimit('brief', { slots: 1, leaseMs: HOUR_MS }), subject: 'key' };
const anna = { client: 'anna', waits: false };

describeWithRedis('where the clock of Redis was set back by an hour', (start) => {
  const opened = new OpenedStores();
  let redis: Redis;
  let prefix: string;
  let store: RedisStore;
  beforeAll(async () => {
    redis = await opened.connect((await start()).url);
  });
  beforeEach(() => {
    prefix = `{limits-${randomUUID()}}:`;
    store = opened.open({ redis, prefix });
  });
  afterAll(() => opened.close());

  const isGiven = async (demand: Parameters<RedisStore['take']>[0][number]): Promise<boolean> =>
    (await store.take([demand], anna)).allowed;

  it('buckets refill from now on', async () => {
    await store.take([{ ...fast, cost: 2 }], anna);
    const key = `${prefix}b:fast:key`;
    // The bucket as it is then: written an hour from now.
    const full = 20_000;
    const [seconds] = await redis.time();
    const bucket = Buffer.alloc(24);
    bucket.writeDoubleLE((Number(seconds) - 1_767_225_600 + 3_600) * 1e6, 0);
    bucket.writeDoubleLE(full, 8);
    bucket.writeDoubleLE(full, 16);
    await redis.set(key, bucket, 'PX', HOUR_MS);
    expect(await isGiven({ ...fast, cost: 2 })).toBe(false);
    await waitUntil(() => isGiven({ ...fast, cost: 2 }), { ...soon, what: 'it is refilled' });
  });

  it('slots of who died come free after their lease', async () => {
    await store.take([brief], anna);
    const [lease] = await redis.zrange(`${prefix}l:brief:key`, 0, -1);
    await redis.zincrby(`${prefix}l:brief:key`, HOUR_MS, lease!);
    for (const kind of ['l', 'h']) await redis.pexpire(`${prefix}${kind}:brief:key`, HOUR_MS);
    await waitUntil(() => isGiven(brief), { ...soon, what: 'the slot is free' });
    expect(await redis.zcard(`${prefix}l:brief:key`)).toBe(1);
  });

  it('leases that were longer than the limit has them now stay as long as they are', async () => {
    await store.take([long], anna);
    const key = `${prefix}l:brief:key`;
    const before = await redis.zrange(key, 0, -1, 'WITHSCORES');
    expect(await isGiven(brief)).toBe(false);
    expect(await redis.zrange(key, 0, -1, 'WITHSCORES')).toEqual(before);
  });
});
