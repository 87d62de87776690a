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

describeWith<OwnServer>(ownRedis, 'kept answers of two gateways over Redis', (startRedis) => {
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

  it('are given by each, whoever asked for them', async () => {
    expect(await askAndShare('Shared', 0)).toBe('MISS');
    expect([await ask('Shared', 1), await ask('Shared', 0)]).toEqual(['HIT', 'HIT']);
    const changed = await tenant.admin.patch(`/api/v1/providers/${tenant.providerId}`, { concurrency: 9 });
    expect(changed.status).toBe(200);
    expect([await askAndShare('Shared', 1), await ask('Shared', 0)]).toEqual(['MISS', 'HIT']);
    expect(tenant.simulator.ledger().totals.requests).toBe(2);
  });

  it('fail no request when Redis is away, and are shared again when it is back', async () => {
    await redis.stop();
    for (const gateway of [0, 1]) expect(await ask('Away', gateway)).toBe('MISS');
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
