import { afterEach, describe, expect, it } from '@jest/globals';
import { findProgram, startOwnRedis, waitUntil } from '@purser/testing';
import { Redis } from 'ioredis';
import { randomUUID } from 'node:crypto';
import { rateLimit, slotLimit } from '../../core/limit.ts';
import type { Demand, SlotHold } from '../../core/store.ts';
import { RedisStore } from '../redis/index.ts';
import { FallbackStore } from './index.ts';

const HOUR_MS = 3_600_000;
const requests = rateLimit('requests', { amount: 1_000, perMs: 1_000 * HOUR_MS });
const slots = slotLimit('concurrency', { slots: 8, leaseMs: HOUR_MS });
const slot: Demand = { limit: slots, subject: 'key' };
const asker = { client: 'anna', waits: false };
const soon = { timeoutMs: 30_000 };
const describeOwn = findProgram('redis-server') ? describe : describe.skip;

describeOwn('a Redis that goes away', () => {
  const opened: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of opened.splice(0).reverse()) await close();
  });

  it('is made up for by the stated share, and asked again when it is back', async () => {
    const server = await startOwnRedis();
    opened.push(server.remove);
    const redis = new Redis(server.url, {
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      retryStrategy: () => 20,
    });
    redis.on('error', () => {});
    opened.push(() => redis.disconnect());
    await waitUntil(() => redis.status === 'ready', { ...soon, what: 'Redis is there' });
    const primary = new RedisStore({ redis, prefix: `{${randomUUID()}}:`, deadlineMs: 5_000 });
    const store = new FallbackStore({ primary, share: 0.25, probeEveryMs: 50 });
    opened.push(() => store.close());

    let asked = 0;
    let given = 0;
    const errors: unknown[] = [];
    const takeSome = async (many: number): Promise<void> => {
      const demand = { limit: requests, subject: 'busy' };
      const taken = Array.from({ length: many }, async () => (await store.take([demand], asker)).allowed);
      for (const one of await Promise.allSettled(taken)) {
        asked += 1;
        if (one.status === 'rejected') errors.push(one.reason);
        else if (one.value) given += 1;
      }
    };
    const holdsOf = async (): Promise<readonly SlotHold[]> => {
      const decision = await store.take([slot], asker);
      return decision.allowed ? decision.holds : [];
    };

    await takeSome(100);
    const there = await holdsOf();
    expect(store.statistics()).toMatchObject({ localDecisions: 0 });
    // In the middle of what is asked.
    const through = (async () => {
      while (store.statistics().awaySince === undefined) await takeSome(10);
    })();
    await server.stop();
    await through;
    const givenThere = given;
    await takeSome(600);
    expect(given - givenThere).toBeLessThanOrEqual(250);
    const here = [...(await holdsOf()), ...(await holdsOf()), ...(await holdsOf())];
    expect(here).toHaveLength(2);
    await store.release(there);
    const { localDecisions, awaySince } = store.statistics();
    expect([localDecisions >= 603, awaySince]).toEqual([true, expect.any(Date)]);

    await server.start();
    await waitUntil(() => store.statistics().awaySince === undefined, { ...soon, what: 'the probe has found it' });
    await waitUntil(async () => (await store.look([slot]))[0]!.remaining === 8, {
      ...soon,
      what: 'all slots are free',
    });
    const before = store.statistics().localDecisions;
    await takeSome(100);
    await store.release(here);
    expect(errors).toEqual([]);
    expect(store.statistics()).toMatchObject({ localDecisions: before, timesAway: 1, pendingReleases: 0 });
    // All that Redis ever gave, and the share once.
    await takeSome(2_000);
    expect(given).toBeLessThanOrEqual(1_250);
    expect(asked).toBeGreaterThan(2_800);
  });
});
