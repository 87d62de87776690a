import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { describeWithRedis, waitUntil } from '@purser/testing';
import type { Redis } from 'ioredis';
import { randomUUID } from 'node:crypto';
import { rateLimit, slotLimit } from '../../core/limit.ts';
import type { Asker, Demand, SlotHold } from '../../core/store.ts';
import { describeLimitStore } from '../../testing/stores/describe-limit-store.ts';
import { RedisStore } from './redis-store.ts';
import { OpenedStores } from './testing/opened-stores.ts';

const soon = { timeoutMs: 20_000 };
const HOUR_MS = 3_600_000;
/** Refills too slowly to be seen by a test. */
const requests = rateLimit('requests', { amount: 10, perMs: 10 * HOUR_MS });
const tokens = rateLimit('tokens', { amount: 1_000, perMs: 1_000 * HOUR_MS });
const slots = slotLimit('concurrency', { slots: 2, leaseMs: HOUR_MS });

const anna: Asker = { client: 'anna', waits: false };
const waiting = (client: string, weight?: number): Asker => ({ client, weight, waits: true });
const of = (limit: Demand['limit'], cost?: number, subject = 'key'): Demand => ({ limit, subject, cost });

describeWithRedis('RedisStore, as every store,', (start) => {
  const all = new OpenedStores();
  afterAll(() => all.close());
  let redis: Promise<Redis> | undefined;
  describeLimitStore('Redis', async () => {
    redis ??= start().then(({ url }) => all.connect(url));
    return { store: new RedisStore({ redis: await redis, prefix: `{limits-${randomUUID()}}:`, deadlineMs: 20_000 }) };
  });
});

describeWithRedis('RedisStore', (start) => {
  const opened = new OpenedStores();
  const all = new OpenedStores();
  let url: string;
  let redis: Redis;
  let prefix: string;
  let store: RedisStore;
  beforeAll(async () => {
    ({ url } = await start());
    redis = await all.connect(url);
  });
  beforeEach(() => {
    prefix = `{limits-${randomUUID()}}:`;
    store = opened.open({ redis, prefix });
  });
  afterEach(() => opened.close());
  afterAll(() => all.close());

  const holdsOf = async (demands: readonly Demand[], asker: Asker): Promise<readonly SlotHold[]> => {
    const decision = await store.take(demands, asker);
    if (!decision.allowed) throw new Error('was refused');
    return decision.holds;
  };
  const isGiven = async (asker: Asker, limit = slots): Promise<boolean> =>
    (await store.take([of(limit)], asker)).allowed;
  const remaining = async (...demands: readonly Demand[]): Promise<number[]> =>
    (await store.look(demands)).map((standing) => standing.remaining);

  it('gives all that the capacity holds and no more, and says when to come again', async () => {
    for (let left = 9; left >= 0; left -= 1) {
      const decision = await store.take([of(requests)], anna);
      expect(decision).toMatchObject({ allowed: true, holds: [], standings: [{ remaining: left, limit: requests }] });
    }
    const refused = await store.take([of(requests)], anna);
    expect(refused).toMatchObject({ allowed: false, by: 0, standings: [{ remaining: 0, subject: 'key' }] });
    const { retryAfterMs } = refused as { retryAfterMs: number };
    expect(retryAfterMs).toBeGreaterThan(HOUR_MS - 60_000);
    expect(retryAfterMs).toBeLessThanOrEqual(HOUR_MS);
  });

  it('takes fractions exactly: as many tenths as there are', async () => {
    const small = rateLimit('small', { amount: 3, perMs: 7 * HOUR_MS, capacity: 3 });
    for (let taken = 0; taken < 30; taken += 1)
      expect(await store.take([of(small, 0.1)], anna)).toMatchObject({ allowed: true });
    expect(await store.take([of(small, 0.1)], anna)).toMatchObject({ allowed: false });
  });

  it('refills in the time of the limit', async () => {
    const fast = rateLimit('fast', { amount: 2, perMs: 20 });
    expect(await store.take([of(fast, 2)], anna)).toMatchObject({ allowed: true });
    await waitUntil(async () => (await store.take([of(fast, 2)], anna)).allowed, { ...soon, what: 'it is refilled' });
  });

  it('takes all or nothing, and says what refused first: a rate before slots', async () => {
    await holdsOf([of(slots), of(slots)], anna);
    await store.take([of(tokens, 990)], anna);
    const decision = await store.take([of(slots), of(requests), of(tokens, 11)], anna);
    expect(decision).toMatchObject({ allowed: false, by: 2 });
    expect(decision.standings.map((standing) => standing.remaining)).toEqual([0, 10, 10]);
    expect(await store.take([of(requests), of(slots)], anna)).toMatchObject({ allowed: false, by: 1 });
    expect(await remaining(of(requests), of(tokens), of(slots))).toEqual([10, 10, 0]);
  });

  it('counts what one take demands twice twice', async () => {
    const demands = [of(tokens, 600), of(tokens, 401)];
    expect(await store.take(demands, anna)).toMatchObject({ allowed: false, by: 1 });
    const three = [of(slots), of(slots), of(slots)];
    expect(await store.take(three, anna)).toMatchObject({ allowed: false, by: 2 });
    expect(await remaining(of(tokens), of(slots))).toEqual([1_000, 2]);
  });

  it('never lets what is above the capacity wait', async () => {
    const decision = await store.take([of(requests, 11)], anna);
    expect(decision).toEqual({ allowed: false, by: 0, retryAfterMs: undefined, standings: expect.anything() });
  });

  it('corrects beyond the capacity, and back', async () => {
    await store.take([of(tokens, 700)], anna);
    await store.correct([{ limit: tokens, subject: 'key', by: 1_500 }]);
    expect(await remaining(of(tokens))).toEqual([-1_200]);
    expect(await store.take([of(tokens, 0)], anna)).toMatchObject({ allowed: false });
    await store.correct([{ limit: tokens, subject: 'key', by: -1_400 }]);
    expect(await remaining(of(tokens))).toEqual([200]);
    await store.correct([{ limit: tokens, subject: 'key', by: -5_000 }]);
    expect(await remaining(of(tokens))).toEqual([1_000]);
  });

  it('keeps the part that is used when the limit changes', async () => {
    await store.take([of(tokens, 250)], anna);
    const larger = rateLimit('tokens', { amount: 4_000, perMs: HOUR_MS });
    const [standing] = await store.look([of(larger)]);
    expect(standing!.remaining).toBeGreaterThanOrEqual(3_000);
    expect(standing!.remaining).toBeLessThan(3_100);
  });

  it('keeps subjects apart, whatever they are', async () => {
    const subjects = ['a', 'a ', 'a:b', '!"a"', '\u0000', '\ud800', '\udfff', '"\\ud800"', 'ä', '{x}', ''];
    for (const subject of subjects) await store.take([of(requests, subjects.indexOf(subject), subject)], anna);
    expect(await remaining(...subjects.map((subject) => of(requests, 1, subject)))).toEqual(
      subjects.map((_subject, index) => Math.max(0, 10 - index)),
    );
  });

  it('makes buckets full and slots free on reset', async () => {
    const [hold] = await holdsOf([of(slots), of(requests, 4)], anna);
    await store.reset([of(slots), of(requests)]);
    expect(await remaining(of(requests), of(slots))).toEqual([10, 2]);
    expect(await store.renew([hold!])).toEqual([hold]);
  });

  it('gives slots back once, whoever says it how often', async () => {
    const [hold] = await holdsOf([of(slots)], anna);
    await holdsOf([of(slots)], anna);
    await store.release([hold!, hold!]);
    await store.release([{ ...hold! }]);
    expect(await remaining(of(slots))).toEqual([1]);
  });

  it('ends leases of whoever is not heard of, and keeps those that are renewed', async () => {
    const short = slotLimit('short', { slots: 2, leaseMs: 300 });
    const [kept, lost] = await holdsOf([of(short), of(short)], anna);
    await waitUntil(
      async () => {
        expect(await store.renew([kept!])).toEqual([]);
        return (await remaining(of(short)))[0] === 1;
      },
      { ...soon, what: 'one lease has ended' },
    );
    expect(await store.renew([lost!, kept!])).toEqual([lost]);
    await store.release([lost!]);
    expect(await remaining(of(short))).toEqual([1]);
    await holdsOf([of(short)], anna);
    expect(await isGiven(anna, short)).toBe(false);
  });

  it('leaves nothing behind when buckets are full and slots are free', async () => {
    const fast = rateLimit('fast', { amount: 1, perMs: 5 });
    const short = slotLimit('short', { slots: 1, leaseMs: 5 });
    await store.take([of(fast), of(short)], anna);
    await store.take([of(short)], waiting('bert'));
    const [hold] = await holdsOf([of(slots)], anna);
    await store.release([hold!]);
    await store.take([of(requests)], anna);
    await store.correct([{ limit: requests, subject: 'key', by: -1 }]);
    await store.take([of(tokens)], anna);
    await waitUntil(async () => (await redis.keys(`${prefix.replace(/[{}]/g, '?')}*`)).length === 1, {
      ...soon,
      what: 'only the bucket that is not full is there',
    });
  });

  /** What is asked of the store in one turn goes to Redis as it was asked, and no time passes between. */
  const another = (): RedisStore => opened.open({ redis, prefix });
  const ten = slotLimit('ten', { slots: 10, leaseMs: HOUR_MS });

  it('gives nobody above its part while others wait', async () => {
    const held = await holdsOf(new Array<Demand>(10).fill(of(ten)), waiting('greedy'));
    const [bert, , greedy, again, greedyAgain] = await Promise.all([
      store.take([of(ten)], waiting('bert')),
      another().release(held.slice(0, 2)),
      another().take([of(ten)], waiting('greedy')),
      another().take([of(ten)], waiting('bert')),
      another().take([of(ten)], waiting('greedy')),
    ]);
    expect([bert, greedy, again].map(({ allowed }) => allowed)).toEqual([false, false, true]);
    // Nobody else waits any more: what is free is given.
    expect(greedyAgain).toMatchObject({ allowed: true });
  });

  it('knows of those that wait behind whoever asks', async () => {
    const held = await holdsOf(new Array<Demand>(10).fill(of(ten)), waiting('greedy'));
    const behind = ['bert', 'carla', 'dora'].map((client) => ({ client, weight: 1, waiting: 1 }));
    const line = { limitName: 'ten', subject: 'key', clients: () => behind };
    const [, , bert, greedy, elsewhere] = await Promise.all([
      store.take([of(ten)], waiting('bert')),
      another().release(held.slice(0, 8)),
      another().take([of(requests), of(ten)], { ...waiting('bert'), line }),
      another().take([of(ten)], waiting('greedy')),
      another().take([of(slots)], waiting('greedy')),
    ]);
    // Two are more than 10 ÷ 4, less what bert holds, allows: carla and dora have not asked yet.
    expect([bert, greedy, elsewhere].map(({ allowed }) => allowed)).toEqual([true, true, true]);
    expect(await Promise.all([0, 1].map(() => isGiven(waiting('greedy'), ten)))).toEqual([false, false]);
  });

  it('gives by weight', async () => {
    const held = await holdsOf(new Array<Demand>(10).fill(of(ten)), waiting('other'));
    const third = another();
    const [light, , ...heavy] = await Promise.all([
      store.take([of(ten)], waiting('light')),
      another().release(held),
      ...Array.from({ length: 10 }, () => third.take([of(ten)], waiting('heavy', 4))),
    ]);
    expect(light).toMatchObject({ allowed: false });
    // 10 × 4 ÷ (4 + 1).
    expect(heavy.filter(({ allowed }) => allowed)).toHaveLength(8);
  });

  it.each(['b', 'l', 'h', 'w'])('takes nothing where a key (%s) holds what others wrote', async (kind) => {
    const key = `${prefix}${kind}:${kind === 'b' ? tokens.name : slots.name}:key`;
    const other = await holdsOf([of(slots)], anna);
    await redis.del(key);
    await (kind === 'b' ? redis.set(key, 'much') : redis.set(key, '7'));
    const asked = [
      store.take([of(requests), of(tokens), of(slots)], waiting('bert')),
      store.take([of(requests)], anna),
    ];
    await expect(asked[0]).rejects.toMatchObject({ name: 'LimitStoreError', reason: 'bad-answer' });
    await expect(asked[0]).rejects.toThrow(kind === 'b' ? `BADVALUE ${key} holds "much"` : 'WRONGTYPE');
    expect(await asked[1]).toMatchObject({ allowed: true });
    expect(await remaining(of(requests))).toEqual([9]);
    await store.reset([of(kind === 'b' ? tokens : slots)]);
    expect(await store.take([of(tokens), of(slots)], anna)).toMatchObject({ allowed: true });
    await store.release(other);
  });

  it('forgets who waited and did not come again', async () => {
    const told = opened.open({ redis, prefix, subscriber: await opened.connect(url) });
    const [hold] = await holdsOf([of(slots), of(slots)], waiting('greedy'));
    expect(await told.take([of(slots)], waiting('bert'))).toMatchObject({ allowed: false });
    expect(await isGiven(waiting('carla'))).toBe(false);
    await store.release([hold!]);
    await waitUntil(() => isGiven(waiting('greedy')), { ...soon, what: 'the slot is given to whoever asks' });
  });

  it('says so to other processes where somebody waits, and nothing else', async () => {
    const heard: string[] = [];
    const listens = opened.open({ redis, prefix, subscriber: await opened.connect(url) });
    const deaf = opened.open({ redis, prefix, subscriber: await opened.connect(url) });
    const end = listens.onFreed!((limitName, subject) => heard.push(`${limitName} ${subject}`));
    deaf.onFreed!(() => heard.push('ended'))();
    await waitUntil(async () => ((await redis.pubsub('NUMSUB', `${prefix}freed`)) as [string, number])[1] === 2, {
      ...soon,
      what: 'both listen',
    });
    const first = await holdsOf([of(slots, 1, 'a b'), of(slots, 1, 'a b')], anna);
    await store.release([first[0]!]);
    await holdsOf([of(slots, 1, 'a b')], anna);
    await listens.take([of(slots, 1, 'a b')], waiting('bert'));
    await store.release([first[1]!]);
    await waitUntil(() => heard.length > 0, { ...soon, what: 'it is heard' });
    expect(heard).toEqual(['concurrency a b']);
    end();
  });

  it('needs nothing of a Redis that has lost its scripts', async () => {
    await redis.script('FLUSH');
    expect(await store.take([of(requests), of(slots)], anna)).toMatchObject({ allowed: true });
    await redis.script('FLUSH');
    expect(await remaining(of(requests))).toEqual([9]);
  });
});
