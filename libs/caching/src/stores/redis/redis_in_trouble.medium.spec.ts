import { afterEach, describe, expect, it } from '@jest/globals';
import { findProgram, startOwnRedis, waitUntil, type OwnServer } from '@purser/testing';
import { Redis } from 'ioredis';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { openCaches, type Cache, type Caches } from '../../index.ts';
import { redisStore } from './index.ts';

const LONG_MS = 3_600_000;
const describeOwn = findProgram('redis-server') ? describe : describe.skip;

describeOwn('the Redis tier, when Redis is in trouble', () => {
  const opened: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of opened.splice(0).reverse()) await close();
  });

  async function server(...args: string[]): Promise<OwnServer> {
    const started = await startOwnRedis(args);
    opened.push(started.remove);
    return started;
  }

  /** As a process that does not wait for Redis connects. */
  function client(url: string): Redis {
    const redis = new Redis(url, { enableOfflineQueue: false, maxRetriesPerRequest: 0, retryStrategy: () => 20 });
    redis.on('error', () => {});
    opened.push(() => redis.disconnect());
    return redis;
  }

  /** Without a tier in memory: everything that is read comes from Redis or the loader. */
  async function cachesOn(redis: Redis, timeoutMs = 5_000): Promise<{ caches: Caches; cache: Cache }> {
    await waitUntil(() => redis.status === 'ready', { timeoutMs: 20_000, what: 'Redis' });
    const tiers = [{ store: redisStore({ redis }), timeoutMs }];
    const caches = await openCaches({ memory: { maxBytes: 1 }, tiers });
    opened.push(() => caches.close());
    return { caches, cache: caches.namespace('space') };
  }

  /**
   * Reads and writes ten things from many callers at once until `ended`; a write is done once it is acknowledged.
   *
   * @returns what was read that was older than what had been written before, and every error
   */
  async function traffic(cache: Cache, ended: () => boolean): Promise<{ wrong: unknown[]; reads: number }> {
    const versions = new Array<number>(10).fill(0);
    const wrong: unknown[] = [];
    let reads = 0;
    const read = async (index: number): Promise<void> => {
      const least = versions[index]!;
      const load = async (): Promise<number> => versions[index]!;
      const value = await cache.getOrCompute(`thing:${index}`, load, { tags: [`tag:${index % 3}`] });
      reads += 1;
      if (value === undefined || value < least) wrong.push({ index, least, value });
    };
    const write = async (index: number): Promise<void> => {
      const version = versions[index]! + 1;
      if (index % 2 === 0) await cache.invalidateTags(`tag:${index % 3}`);
      versions[index] = version;
      if (index % 2 === 0) await cache.invalidateTags(`tag:${index % 3}`);
      else await cache.delete(`thing:${index}`);
    };
    const caller = async (number: number): Promise<void> => {
      for (let turn = number; !ended(); turn += 1) {
        // Without Redis nothing of this waits for anything, and nobody else would get a turn.
        await setImmediate();
        try {
          await (turn % 7 === 0 ? write(turn % 10) : read(turn % 10));
        } catch (error) {
          wrong.push(error);
        }
      }
    };
    await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(caller));
    return { wrong, reads };
  }

  const hitsOf = (caches: Caches): number => caches.statistics().tiers.at(-1)!.hits;

  it('lets no error through, and nothing old, while Redis is killed and brought back under load', async () => {
    const redisServer = await server();
    const { caches, cache } = await cachesOn(client(redisServer.url));
    let isOver = false;
    const running = traffic(cache, () => isOver);
    for (let time = 0; time < 2; time += 1) {
      const before = hitsOf(caches);
      await waitUntil(() => hitsOf(caches) > before, { timeoutMs: 30_000, what: 'a hit in Redis' });
      await redisServer.stop();
      await waitUntil(() => caches.statistics().tiers.at(-1)!.skipped > 0, {
        timeoutMs: 30_000,
        what: 'a tier that is left out',
      });
      await redisServer.start();
    }
    const before = hitsOf(caches);
    await waitUntil(() => hitsOf(caches) > before, { timeoutMs: 30_000, what: 'a hit in Redis' });
    isOver = true;
    expect((await running).wrong).toEqual([]);
  });

  it('finds nothing old while others empty Redis', async () => {
    const { url } = await server();
    const { caches, cache } = await cachesOn(client(url));
    let isOver = false;
    const running = traffic(cache, () => isOver);
    const admin = client(url);
    await waitUntil(() => admin.status === 'ready', { timeoutMs: 20_000, what: 'Redis' });
    for (let time = 0; time < 50; time += 1) {
      await admin.flushall();
      const before = hitsOf(caches);
      await waitUntil(() => hitsOf(caches) > before, { timeoutMs: 30_000, everyMs: 1, what: 'a hit in Redis' });
    }
    isOver = true;
    const { wrong } = await running;
    expect(wrong).toEqual([]);
    expect(caches.statistics().tiers.at(-1)!.errors).toBe(0);
  });

  it('finds nothing old in a Redis that is full and evicts whatever it likes', async () => {
    const { url } = await server('--maxmemory', '3mb', '--maxmemory-policy', 'allkeys-random');
    const redis = client(url);
    await waitUntil(() => redis.status === 'ready', { timeoutMs: 20_000, what: 'Redis' });
    const store = redisStore({ redis });
    const entry = { json: JSON.stringify('x'.repeat(2_000)), ttlMs: LONG_MS, staleForMs: 0 };
    const old: string[] = [];
    for (let round = 0; round < 100; round += 1) {
      const keys = Array.from({ length: 20 }, (_, index) => `${round}:${index}`);
      const tags = [`tag ${round % 5}`];
      await Promise.all(
        keys.map((key) =>
          store.set({ namespace: 'space', key, entry: { ...entry, tags }, freshForMs: LONG_MS, since: undefined }),
        ),
      );
      const [kept] = await store.getMany('space', keys);
      await store.invalidate('space', { kind: 'tags', tags });
      // What was loaded before the invalidation comes after it.
      const late = {
        namespace: 'space',
        key: keys[0]!,
        entry: { ...entry, tags },
        freshForMs: LONG_MS,
        since: kept!.position,
      };
      if (await store.set(late)) old.push('stored too late');
      const everything = Array.from({ length: round + 1 }, (_, index) => `${index}:1`).filter(
        (_key, index) => index % 5 === round % 5,
      );
      const found = await store.getMany('space', everything);
      old.push(...everything.filter((_key, index) => found[index]!.entry !== undefined));
    }
    expect(old).toEqual([]);
    expect(Number(/evicted_keys:(\d+)/.exec(await redis.info('stats'))![1])).toBeGreaterThan(500);
    await store.close();
  });

  it('answers from the loader while Redis takes longer than it may', async () => {
    const { url } = await server();
    const slow = await slowWayTo(url);
    opened.push(slow.close);
    const { caches, cache } = await cachesOn(client(slow.url), 100);
    expect(await cache.getOrCompute('key', async () => 1)).toBe(1);
    slow.delayMs = 2_000;
    const values = await Promise.all(
      Array.from({ length: 20 }, (_, index) => cache.getOrCompute(`slow:${index}`, async () => index)),
    );
    expect(values).toEqual(Array.from({ length: 20 }, (_, index) => index));
    expect(caches.statistics().tiers.at(-1)!.errors).toBeGreaterThan(0);
    slow.delayMs = 0;
    const isBack = async (): Promise<boolean> => {
      await cache.getOrCompute('key', async () => 1);
      return hitsOf(caches) > 0;
    };
    await waitUntil(isBack, { timeoutMs: 30_000, what: 'a hit in Redis' });
  });

  it('takes its locks for free where Redis is away: giving one back rejects nothing', async () => {
    const redisServer = await server();
    const redis = client(redisServer.url);
    await waitUntil(() => redis.status === 'ready', { timeoutMs: 20_000, what: 'Redis' });
    const store = redisStore({ redis });
    const lock = (await store.lock!('space', 'key', LONG_MS))!;
    await redisServer.stop();
    await expect(lock.release()).resolves.toBeUndefined();
    await expect(lock.extend(LONG_MS)).rejects.toThrow();
    await expect(store.getMany('space', ['key'])).rejects.toThrow();
    await store.close();
  });
});

/** A way to a server that takes its time, in both directions. */
async function slowWayTo(url: string): Promise<{ readonly url: string; delayMs: number; close(): void }> {
  const { hostname, port } = new URL(url);
  const sockets = new Set<Socket>();
  const way = { url: '', delayMs: 0, close: (): void => {} };
  const pass = (from: Socket, to: Socket): void => {
    sockets.add(from.on('error', () => to.destroy()));
    from.on('data', (data) => setTimeout(() => to.writable && to.write(data), way.delayMs));
    from.on('close', () => to.destroy());
  };
  const listening = createServer((near) => {
    const far = connect(Number(port), hostname);
    pass(near, far);
    pass(far, near);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => listening.once('listening', resolve));
  way.url = `redis://127.0.0.1:${(listening.address() as AddressInfo).port}`;
  way.close = () => {
    for (const socket of sockets) socket.destroy();
    listening.close();
  };
  return way;
}
