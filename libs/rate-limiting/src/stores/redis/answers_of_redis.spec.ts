import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { rateLimit, slotLimit } from '../../core/limit.ts';
import { RedisStore } from './redis-store.ts';
import { ScriptedRedis } from './testing/scripted-redis.ts';

const requests = rateLimit('requests', { amount: 10, perMs: 1_000 });
const slots = slotLimit('concurrency', { slots: 2 });
const rate = { limit: requests, subject: 'key', cost: 3 };
const slot = { limit: slots, subject: 'key' };
const hold = { ...slot, lease: 'a :b' };
const asker = { client: 'anna', waits: false };
const never = new Promise<never>(() => {});

describe('what Redis answers', () => {
  let redis: ScriptedRedis;
  let store: RedisStore;
  beforeEach(() => {
    redis = new ScriptedRedis();
    store = new RedisStore({ redis, deadlineMs: 20_000 });
  });
  afterEach(() => store.close());

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a number', 1],
    ['OK', 'OK'],
    ['an object', { 0: [0, 0, 9, 0] }],
    ['an empty list', []],
    [
      'more than was asked',
      [
        [0, 0, 9, 0],
        [0, 0, 8, 0],
      ],
    ],
    ['null for the take', [null]],
    ['a number for the take', [1]],
    ['text for the take', ['yes']],
    ['an object for the take', [{ allowed: true }]],
    ['too little', [[0, 0, 9]]],
    ['too much', [[0, 0, 9, 0, 0]]],
    ['numbers as text', [['0', '0', '9', '0']]],
    ['fractions', [[0, 0.5, 9, 0]]],
    ['NaN', [[0, 0, Number.NaN, 0]]],
    ['a demand that is none', [[2, 0, 9, 0]]],
    ['a negative demand', [[-1, 0, 9, 0]]],
    ['a negative time', [[1, -2, 9, 0]]],
  ])('grants nothing where it is %s', async (_what, answer) => {
    redis.answer(() => answer);
    const taken = store.take([rate], asker);
    await expect(taken).rejects.toMatchObject({ name: 'LimitStoreError' });
    await expect(taken).rejects.toThrow(/^take: /);
  });

  it('is named in the error, as far as it is of use', async () => {
    redis.answer(() => [['0', 'x'.repeat(1_000)]]);
    const error = await store.take([rate], asker).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ reason: 'bad-answer', message: expect.stringContaining('not ["0","xxx') });
    expect((error as Error).message.length).toBeLessThan(250);
  });

  it('says which of several could not be decided', async () => {
    redis.answer(() => [[0, 0, 9, 0], 'OOM command not allowed', 'WRONGTYPE Operation', [1, 7, 0, 5]]);
    const taken = Array.from({ length: 4 }, () => store.take([rate], asker));
    expect(await taken[0]).toMatchObject({ allowed: true, standings: [{ remaining: 9, resetMs: 0 }] });
    await expect(taken[1]).rejects.toMatchObject({ reason: 'unavailable' });
    await expect(taken[2]).rejects.toMatchObject({ reason: 'bad-answer' });
    expect(await taken[3]).toMatchObject({ allowed: false, by: 0, retryAfterMs: 7, standings: [{ resetMs: 5 }] });
  });

  it('is held against the script by every other call too', async () => {
    redis.answer(() => ['1']);
    const calls = [
      store.look([rate]),
      store.correct([{ ...rate, by: 1 }]),
      store.release([hold]),
      store.renew([hold]),
      store.reset([rate]),
    ];
    for (const call of calls) await expect(call).rejects.toMatchObject({ name: 'LimitStoreError' });
    redis.answer(() => [2]);
    for (const call of [store.release([hold]), store.renew([hold]), store.look([slot])])
      await expect(call).rejects.toMatchObject({ reason: 'bad-answer' });
  });

  it('is not waited for beyond the deadline, and what it grants then is given back', async () => {
    const hasty = new RedisStore({ redis, deadlineMs: 5 });
    const late = Promise.withResolvers<unknown>();
    redis.answer(() => late.promise);
    await expect(hasty.take([rate, slot], asker)).rejects.toMatchObject({
      reason: 'late',
      message: 'take: Redis did not answer within 5 ms',
    });
    const lease = redis.sent[0]!.args.at(-1);
    redis.sent.length = 0;
    const seen = Promise.withResolvers<void>();
    redis.answer(() => {
      if (redis.sent.length === 2) seen.resolve();
      return [1];
    });
    late.resolve([[0, 0, 7, 300, 1, 0]]);
    await seen.promise;
    expect(redis.sent.map(({ args }) => args)).toEqual([
      [expect.any(String), lease, expect.any(String)],
      ['100000', '10', '-3'],
    ]);
    await hasty.close();
  });

  it('is asked by the text of the script where Redis does not know its name', async () => {
    let isKnown = false;
    redis.answer(() => {
      if (isKnown) return [[0, 0, 9, 0]];
      isKnown = true;
      throw new Error('NOSCRIPT No matching script. Please use EVAL.');
    });
    expect(await store.take([rate], asker)).toMatchObject({ allowed: true });
    expect(redis.texts).toEqual([expect.stringContaining("redis.call('TIME')")]);
  });

  it('is an error of its own where Redis can’t be reached', async () => {
    const cause = new Error('Connection is closed.');
    redis.answer(() => Promise.reject(cause));
    await expect(store.take([rate], asker)).rejects.toMatchObject({
      reason: 'unavailable',
      message: 'take: Redis failed: Connection is closed.',
      cause,
    });
  });
});

describe('what is sent to Redis', () => {
  const redis = new ScriptedRedis();
  beforeEach(() => {
    redis.sent.length = 0;
    redis.answer(({ args }) => Array.from({ length: Number(args[0]) }, () => [0, 0, 9, 0]));
  });

  it('is one command for all that is asked in one turn, up to 128 limits', async () => {
    const store = new RedisStore({ redis });
    const twice = [rate, { ...rate, subject: 'other' }];
    redis.answer(({ args }) => Array.from({ length: Number(args[0]) }, () => [0, 0, 9, 0, 9, 0]));
    await Promise.all(Array.from({ length: 150 }, () => store.take(twice, asker)));
    expect(redis.sent.map(({ keys }) => keys.length)).toEqual([128, 128, 44]);
    await store.close();
  });

  it('has all its keys in one slot of a cluster', async () => {
    const store = new RedisStore({ redis, prefix: 'prod:{limits}:' });
    redis.answer(() => [[0, 0, 9, 0, 1, 0]]);
    await store.take([{ ...rate, subject: '{other}' }, slot], asker);
    expect(redis.sent[0]!.keys).toEqual([
      'prod:{limits}:b:requests:{other}',
      'prod:{limits}:l:concurrency:key',
      'prod:{limits}:h:concurrency:key',
      'prod:{limits}:w:concurrency:key',
    ]);
    await store.close();
  });

  it('ends where Redis answers nothing any more', async () => {
    const store = new RedisStore({ redis, deadlineMs: 1 });
    redis.answer(() => never);
    const asked = Array.from({ length: 100_000 }, () => store.take([rate], asker).catch((error: unknown) => error));
    await expect(store.take([rate], asker)).rejects.toMatchObject({ reason: 'overloaded' });
    await Promise.all(asked);
    await store.close();
  });

  it('is nothing once the store is closed', async () => {
    const store = new RedisStore({ redis });
    await store.close();
    await store.close();
    for (const call of [store.take([rate], asker), store.look([rate]), store.release([hold])])
      await expect(call).rejects.toMatchObject({ reason: 'closed' });
    expect(store.onFreed).toBeUndefined();
    expect(redis.sent).toEqual([]);
  });

  it.each(['', 'limits:', '{}:', '{a', '{a b}:', 'x'.repeat(200), 7])('has no prefix such as %j', (prefix) => {
    expect(() => new RedisStore({ redis, prefix: prefix as string })).toThrow(/^prefix must have a part in braces/);
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('has no deadline such as %d', (deadlineMs) => {
    expect(() => new RedisStore({ redis, deadlineMs })).toThrow(/^deadlineMs must be/);
  });
});
