import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  describeWith,
  describeWithNats,
  findProgram,
  startOwnRedis,
  waitUntil,
  type NatsServer,
  type OwnServer,
} from '@purser/testing';
import { startServices } from './stack/services.ts';
import type { Stack } from './stack/stack.ts';
import { toNanos } from './tenant/nanos.ts';
import { Tenant } from './tenant/tenant.ts';

/** One that may be taken away. */
const ownRedis = {
  name: 'Redis',
  install: 'apt-get install redis-server',
  available: () => findProgram('redis-server') !== undefined,
  start: startOwnRedis,
};

describeWith<OwnServer>(ownRedis, 'two gateways over Redis', (startRedis) => {
  describeWithNats('and NATS', (nats) => suite(startRedis, nats));
});

function suite(startRedis: () => Promise<OwnServer>, nats: () => Promise<NatsServer>): void {
  let redis: OwnServer;
  let stack: Stack;
  let tenant: Tenant;
  beforeAll(async () => {
    redis = await startRedis();
    stack = await startServices(await nats(), { REDIS_URL: redis.url });
    tenant = await Tenant.create(stack, { limitUsd: '1.00' });
  });
  afterAll(async () => {
    await tenant?.close();
    await stack?.stop();
    await redis?.remove();
  });

  const ask = async (content: string, gateway: number): Promise<string | null> => {
    const messages = [{ role: 'user' as const, content }];
    const { response } = await tenant
      .client({ gateway, maxRetries: 0 })
      .chat.completions.create(
        { model: tenant.model(), messages, max_tokens: 20 },
        { headers: { 'x-purser-cache': 'on' } },
      )
      .withResponse();
    return response.headers.get('x-cache');
  };

  /** How many entries gateways have put into Redis. */
  const shared = async (): Promise<number> => {
    const { body } = await tenant.admin.get('/api/v1/cache/stats');
    const gateways = body.data.filter(({ service }: { service: string }) => service === 'web-gateway');
    const tiers: { name: string; sets: number }[] = gateways.flatMap(({ tiers }: { tiers: [] }) => tiers);
    return tiers.filter(({ name }) => name === 'redis').reduce((sum, { sets }) => sum + sets, 0);
  };
  /** Nobody waits for Redis before a client has its answer: it is shared a moment later. */
  const askAndShare = async (content: string, gateway: number): Promise<string | null> => {
    const before = await shared();
    const cache = await ask(content, gateway);
    await waitUntil(async () => (await shared()) > before, { timeoutMs: 20_000, what: 'Redis has the answer' });
    return cache;
  };

  /** What became of requests by a new key that may make ten a minute, at both gateways in turn, all at once. */
  const flood = async () => {
    const limits = { requestsPerMinute: 10 };
    const { key } = await tenant.admin.create('keys', { accountId: tenant.accountId, name: 'flood', limits });
    const startedAt = performance.now();
    const passed = [0, 0];
    const others = new Set<number>();
    const ask = async (gateway: number): Promise<number> => {
      const { status } = await fetch(`${stack.gateways[gateway]}/v1/models`, { headers: { 'x-api-key': key } });
      if (status === 200) passed[gateway]! += 1;
      else others.add(status);
      return status;
    };
    for (const gateway of [0, 1]) {
      const knows = async () => (await ask(gateway)) !== 401;
      await waitUntil(knows, { timeoutMs: 20_000, what: 'the gateway has heard of the key' });
    }
    others.delete(401);
    await Promise.all(Array.from({ length: 40 }, (_, at) => ask(at % 2)));
    // What was refilled meanwhile: one in six seconds.
    const most = 10 + Math.ceil((performance.now() - startedAt) / 6_000);
    return { passed, others: [...others], most };
  };

  it('give kept answers, whoever asked for them', async () => {
    expect(await askAndShare('Shared', 0)).toBe('MISS');
    expect([await ask('Shared', 1), await ask('Shared', 0)]).toEqual(['HIT', 'HIT']);
    const changed = await tenant.admin.patch(`/api/v1/providers/${tenant.providerId}`, { concurrency: 9 });
    expect(changed.status).toBe(200);
    expect([await askAndShare('Shared', 1), await ask('Shared', 0)]).toEqual(['MISS', 'HIT']);
    expect(tenant.simulator.ledger().totals.requests).toBe(2);
  });

  it('count what a key asks of either', async () => {
    const { passed, others, most } = await flood();
    const sum = passed[0]! + passed[1]!;
    expect(sum).toBeGreaterThanOrEqual(10);
    expect(sum).toBeLessThanOrEqual(most);
    expect(others).toEqual([429]);
    const { body } = await tenant.admin.get('/api/v1/rate-limits/stats');
    const gateways = body.data.filter(({ limiter }: { limiter: string }) => limiter === 'requests');
    expect(gateways).toHaveLength(2);
    for (const { refused } of gateways) expect(refused.rate).toBeGreaterThan(0);
  });

  it('fail no request when Redis is away, and share again when it is back', async () => {
    await redis.stop();
    for (const gateway of [0, 1]) expect(await ask('Away', gateway)).toBe('MISS');
    const { passed, others, most } = await flood();
    // Half of the limit each, and what was refilled.
    for (const each of passed) expect(each).toBeLessThanOrEqual(5 + most - 10);
    expect(passed[0]! + passed[1]!).toBeGreaterThanOrEqual(10);
    expect(others).toEqual([429]);
    await redis.start();
    let round = 0;
    await waitUntil(
      async () => {
        const content = `Back ${(round += 1)}`;
        await ask(content, 0);
        return (await ask(content, 1)) === 'HIT';
      },
      { timeoutMs: 20_000, everyMs: 200, what: 'answers are shared again' },
    );
    expect(toNanos((await tenant.settledWindow()).settledUsd)).toBe(tenant.billed());
  });
}
