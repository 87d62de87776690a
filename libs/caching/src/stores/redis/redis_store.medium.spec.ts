import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { describeWithRedis } from '@purser/testing';
import { Redis } from 'ioredis';
import { randomUUID } from 'node:crypto';
import type { Store, StoredEntry } from '../../core/store.ts';
import { describeStore } from '../../testing/stores/describe-store.ts';
import { redisStore } from './index.ts';

const LONG_MS = 3_600_000;
const NO_TAGS = '"19000000000000000 [300000,0,null,null,null]\\n1"';

describeWithRedis('the Redis tier', (start) => {
  let redis: Redis;
  let prefix: string;
  let store: Store;

  beforeAll(async () => {
    redis = new Redis((await start()).url);
  });
  afterAll(() => redis?.quit());

  describeStore('Redis', async () => ({ store: redisStore({ redis, prefix: randomUUID() }) }));

  beforeEach(() => {
    prefix = randomUUID();
    store = redisStore({ redis, prefix });
  });
  afterEach(() => store.close());

  const put = (key: string, entry: Partial<StoredEntry> = {}, since?: number): Promise<boolean> => {
    const whole = { json: '1', tags: [], ttlMs: LONG_MS, staleForMs: 0, ...entry };
    return store.set({ namespace: 'space', key, entry: whole, freshForMs: whole.ttlMs, since });
  };
  const lookUp = async (key: string, of = store) => (await of.getMany('space', [key]))[0]!;
  const nameOf = (key: string): string => `{${prefix}:space}:e:${key}`;
  const namesOfOrder = async (): Promise<string[]> =>
    (await redis.keys(`{${prefix}:space}:*`)).filter((name) => !name.includes(':e:'));

  describe('what others write', () => {
    it('is read by all stores of the prefix, and by no other', async () => {
      await put('key', { json: '"there"' });
      expect((await lookUp('key', redisStore({ redis, prefix }))).entry?.json).toBe('"there"');
      expect((await lookUp('key', redisStore({ redis, prefix: `${prefix}x` }))).entry).toBeUndefined();
    });

    it.each([
      ['of another type', () => redis.lpush(nameOf('bad'), 'a list')],
      ['that is no JSON', () => redis.set(nameOf('bad'), 'nonsense', 'PX', LONG_MS)],
      ['that is no string', () => redis.set(nameOf('bad'), '{"value":{}}', 'PX', LONG_MS)],
      ['with half a record', () => redis.set(nameOf('bad'), '"11764289808123456 [300000,0,"', 'PX', LONG_MS)],
      ['with no list of tags', () => redis.set(nameOf('bad'), NO_TAGS, 'PX', LONG_MS)],
      ['with a function', () => redis.set(nameOf('bad'), '"_function_f|(() => process.exit(7))()"', 'PX', LONG_MS)],
    ])('under a name of ours %s is none, is counted, and is replaced', async (_what, spoil) => {
      await put('good');
      await spoil();
      const [bad, good] = await store.getMany('space', ['bad', 'good']);
      expect(bad!.entry).toBeUndefined();
      expect(good!.entry?.json).toBe('1');
      expect(store.statistics().unreadable).toBe(1);
      const entry = { json: '2', tags: [], ttlMs: LONG_MS, staleForMs: 0 };
      const storing = { namespace: 'space', key: 'bad', entry, freshForMs: LONG_MS, since: bad!.position };
      expect(await store.set({ ...storing, ifAbsent: true })).toBe(true);
      expect((await lookUp('bad')).entry?.json).toBe('2');
    });

    it('in a format of another version is none, and no fault', async () => {
      await redis.set(nameOf('key'), '"2 whatever comes"', 'PX', LONG_MS);
      expect((await lookUp('key')).entry).toBeUndefined();
      expect(store.statistics().unreadable).toBe(0);
    });

    it('under other names stays, whatever is invalidated', async () => {
      const others = [
        `{${prefix}:spaces}:e:a`,
        `${prefix}:space:e:a`,
        `{${prefix}:space}:x:a`,
        `a{${prefix}:space}:e:a`,
      ];
      for (const name of others) await redis.set(name, 'kept');
      await put('a');
      await store.invalidate('space', { kind: 'prefix', prefix: '' });
      await store.invalidate('space', { kind: 'pattern', pattern: '*' });
      await store.invalidate('space', { kind: 'all' });
      await store.close();
      expect(await redis.mget(others)).toEqual(others.map(() => 'kept'));
      expect(await redis.exists(nameOf('a'))).toBe(0);
    });
  });

  describe('namespaces', () => {
    it('with the characters that names are made of stay apart', async () => {
      const pairs = [
        ['a', 'x}:e:k'],
        ['a}:e:x', 'k'],
        ['a%7D:e:x', 'k'],
        ['{a', 'k'],
        ['a:e', 'k'],
        ['*', 'k'],
      ] as const;
      const entry = { tags: [], ttlMs: LONG_MS, staleForMs: 0 };
      for (const [namespace, key] of pairs) {
        const json = JSON.stringify([namespace, key]);
        await store.set({ namespace, key, entry: { ...entry, json }, freshForMs: LONG_MS, since: undefined });
      }
      await store.invalidate('*', { kind: 'prefix', prefix: '' });
      for (const [namespace, key] of pairs.slice(0, -1)) {
        const [found] = await store.getMany(namespace, [key]);
        expect(found!.entry?.json).toBe(JSON.stringify([namespace, key]));
      }
      expect((await store.getMany('*', ['k']))[0]!.entry).toBeUndefined();
    });
  });

  describe('what Redis forgets', () => {
    it('everything of: what was being loaded is not stored, and counting goes on from where it was', async () => {
      const { position: since } = await lookUp('key');
      await store.invalidate('space', { kind: 'keys', keys: ['key'] });
      await redis.del(await redis.keys(`{${prefix}:*`));
      expect(await put('key', {}, since)).toBe(false);
      const { position } = await lookUp('key');
      expect(position).toBeGreaterThan(since);
      expect(await put('key', {}, position)).toBe(true);
    });

    it('one by one: nothing that was invalidated is found or stored again', async () => {
      for (const forgotten of ['s', 't', 'k', 'p']) {
        const { position: since } = await lookUp('key');
        await put('tagged', { tags: ['tag'] });
        await store.invalidate('space', { kind: 'tags', tags: ['tag'] });
        await store.invalidate('space', { kind: 'keys', keys: ['key'] });
        await store.invalidate('space', { kind: 'prefix', prefix: 'by prefix' });
        expect(await redis.del(`{${prefix}:space}:${forgotten}`)).toBe(1);
        expect((await lookUp('tagged')).entry).toBeUndefined();
        expect(await put('key', {}, since)).toBe(false);
        expect(await put('tagged', { tags: ['tag'] }, since)).toBe(false);
        expect(await put('by prefix', {}, since)).toBe(false);
        // What is told then does not hide what was forgotten.
        await store.invalidate('space', { kind: 'tags', tags: ['other'] });
        await store.invalidate('space', { kind: 'keys', keys: ['other'] });
        await store.invalidate('space', { kind: 'pattern', pattern: 'other' });
        expect((await lookUp('tagged')).entry).toBeUndefined();
        expect(await put('key', {}, since)).toBe(false);
        expect(await put('by prefix', {}, since)).toBe(false);
        expect(await put('key', {}, (await lookUp('key')).position)).toBe(true);
      }
    });

    it('because it was too much: the oldest count as invalidated by the newest that was forgotten', async () => {
      await put('tagged', { tags: ['first'] });
      await put('untagged');
      await store.invalidate('space', { kind: 'tags', tags: ['first'] });
      await put('later', { tags: ['first'] });
      const tags = Array.from({ length: 100_001 }, (_, index) => `tag ${index}`);
      await store.invalidate('space', { kind: 'tags', tags });
      const keys = ['tagged', 'later', 'untagged'];
      expect((await store.getMany('space', keys)).map(({ entry }) => entry !== undefined)).toEqual([
        false,
        false,
        true,
      ]);
      expect(await redis.zcard(`{${prefix}:space}:t`)).toBeLessThanOrEqual(100_001);
      expect(await put('tagged', { tags: ['first'] })).toBe(true);
      expect((await lookUp('tagged')).entry).toBeDefined();
    });

    it('many patterns of: a load that began before them is not stored', async () => {
      const { position: since } = await lookUp('key');
      for (let i = 0; i < 250; i += 1) await store.invalidate('space', { kind: 'pattern', pattern: `other ${i}` });
      expect(await put('key', {}, since)).toBe(false);
      expect(await put('key', {}, (await lookUp('key')).position)).toBe(true);
    });

    it('by itself: what it keeps of a namespace ends after its entries', async () => {
      await put('key', { ttlMs: 2 * LONG_MS, tags: ['tag'] });
      await store.invalidate('space', { kind: 'tags', tags: ['other'] });
      await store.invalidate('space', { kind: 'keys', keys: ['other'] });
      await store.invalidate('space', { kind: 'prefix', prefix: 'other' });
      const lives = await Promise.all((await namesOfOrder()).map((name) => redis.pttl(name)));
      expect(lives).toHaveLength(4);
      expect(Math.min(...lives)).toBeGreaterThan(await redis.pttl(nameOf('key')));
    });
  });

  describe('values', () => {
    it.each([
      [
        'strings that other libraries revive',
        ['_date_2020-01-01', '_function_f|() => 1', '_symbol_s', '_Infinity_', '_undefined_'],
      ],
      [
        'names that other libraries revive',
        { '_constructor-name_': 'Foo', __isConvertedError__: true, errorProperties: {} },
      ],
      ['strings that Keyv changes', [':colon', ':base64:AAAA', '::']],
      ['what is no JSON object', null],
      ['Unicode, halves of pairs, and the end of a line', 'ä😀\ud800\u2028\n\0"\\'],
    ])('with %s come back as they were', async (_what, value) => {
      const json = JSON.stringify(value);
      await put('key', { json, etag: json, tags: [`tag ${json}`], attributes: { 'x-value': json } });
      const entry = { json, etag: json, tags: [`tag ${json}`], attributes: { 'x-value': json } };
      expect((await lookUp('key')).entry).toMatchObject(entry);
    });

    it('with __proto__ come back as they were', async () => {
      const json = '{"__proto__":{"polluted":true},"constructor":1}';
      const attributes = JSON.parse('{"__proto__":"own"}') as Record<string, string>;
      await put('key', { json, attributes });
      const { entry } = await lookUp('key');
      expect(entry?.json).toBe(json);
      expect(Object.getOwnPropertyNames(entry?.attributes)).toEqual(['__proto__']);
    });

    it('of a megabyte come back as they were', async () => {
      const json = JSON.stringify('"quoted" ä😀 '.repeat(70_000));
      await put('key', { json });
      expect((await lookUp('key')).entry?.json).toBe(json);
    });
  });

  describe('a lock', () => {
    it('is given to one of many, and to the next once it is given back', async () => {
      const other = redisStore({ redis, prefix });
      const locks = await Promise.all(
        [1, 2, 3].flatMap(() => [store, other].map((one) => one.lock!('space', 'key', LONG_MS))),
      );
      expect(locks.filter(Boolean)).toHaveLength(1);
      await locks.find(Boolean)!.release();
      expect(await store.lock!('space', 'key', LONG_MS)).toBeDefined();
      expect(await store.lock!('space', 'another', LONG_MS)).toBeDefined();
      expect(await store.lock!('other', 'key', LONG_MS)).toBeDefined();
    });

    it('ends later where its owner says so, and only while it is the owner of it', async () => {
      const lock = (await store.lock!('space', 'key', 60_000))!;
      expect(await lock.extend(LONG_MS)).toBe(true);
      expect(await redis.pttl(`{${prefix}:space}:l:key`)).toBeGreaterThan(60_000);
      await lock.release();
      expect(await lock.extend(LONG_MS)).toBe(false);
      const next = (await store.lock!('space', 'key', 60_000))!;
      expect(await lock.extend(LONG_MS)).toBe(false);
      expect(await redis.pttl(`{${prefix}:space}:l:key`)).toBeLessThanOrEqual(60_000);
      await next.release();
    });

    it('ends by itself, and giving it back then does not take it from the next', async () => {
      const first = await store.lock!('space', 'key', 1);
      let second = undefined;
      while (!second) second = await store.lock!('space', 'key', LONG_MS);
      await first!.release();
      expect(await store.lock!('space', 'key', LONG_MS)).toBeUndefined();
    });
  });

  it.each(['', 'a:b', 'ä', '{a}', 'x'.repeat(65)])('refuses the prefix %j', (bad) => {
    expect(() => redisStore({ redis, prefix: bad })).toThrow('prefix: must be 1 to 64');
  });

  it('refuses a connection that puts something before all keys', () => {
    const prefixed = new Redis({ lazyConnect: true, keyPrefix: 'own:' });
    expect(() => redisStore({ redis: prefixed })).toThrow('redis: must be a connection without keyPrefix');
  });

  it('leaves the connection open when it is closed', async () => {
    await store.close();
    expect(await redis.ping()).toBe('PONG');
  });
});
