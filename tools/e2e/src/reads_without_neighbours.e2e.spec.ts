import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeWith, findProgram, startOwnNats, startOwnRedis, waitUntil, type OwnServer } from '@purser/testing';
import { startServices, type ServicesStack } from './stack/services.ts';
import { Api } from './tenant/api.ts';

interface Neighbours {
  readonly stack: ServicesStack;
  readonly redis: OwnServer;
  readonly nats: OwnServer;
  stop(): Promise<void>;
}

/** What a reader may see that is old, where a message was lost: as the caches' bus says. */
const STALE_MS = 5_000;

async function start(): Promise<Neighbours> {
  const [redis, nats] = await Promise.all([startOwnRedis(), startOwnNats()]);
  const remove = async () => void (await Promise.all([redis.remove(), nats.remove()]));
  try {
    const stack = await startServices(
      { url: nats.url, pid: undefined, stop: async () => {} },
      { REDIS_URL: redis.url },
    );
    const stop = async () => stack.stop().finally(remove);
    return { stack, redis, nats, stop };
  } catch (error) {
    await remove();
    throw error;
  }
}

const needs = {
  name: 'nats-server and redis-server',
  install: 'apt-get install nats-server redis-server',
  available: () => findProgram('nats-server') !== undefined && findProgram('redis-server') !== undefined,
  start,
};

describeWith<Neighbours>(needs, 'cached reads over Redis and NATS', (started) => {
  let own: Neighbours;
  let apis: Api[];
  const metric = { metricId: 'outage', name: 'first', description: '', category: 'c', tier: '1', businessDomain: 'd' };
  beforeAll(async () => {
    own = await started();
    apis = own.stack.gateways.map((url) => new Api(url, own.stack.adminKey));
    await apis[0]!.create('metrics', metric);
  });

  const rename = async (name: string) =>
    expect((await apis[0]!.patch('/api/v1/metrics/outage', { name })).status).toBe(200);
  const names = () => Promise.all(apis.map(async (api) => (await api.read('metrics/outage')).name as string));

  it('see no error when Redis goes and comes back, and each write at once', async () => {
    let stopped = false;
    const readers = apis.flatMap((api) =>
      ['metrics?limit=12', 'metrics/outage', 'accounts', 'models'].map(async (path) => {
        while (!stopped) await api.read(path);
      }),
    );
    const load = Promise.all(readers);
    try {
      for (let round = 0; round < 3; round++) {
        await own.redis.stop();
        await rename(`without ${round}`);
        expect(await names()).toEqual(apis.map(() => `without ${round}`));
        await own.redis.start();
        for (let write = 0; write < 10; write++) {
          await rename(`with ${round}.${write}`);
          expect(await names()).toEqual(apis.map(() => `with ${round}.${write}`));
          await sleep(100);
        }
      }
    } finally {
      stopped = true;
      await load;
    }
  });

  it('are never older than the bound after NATS was restarted', async () => {
    for (let round = 0; round < 2; round++) {
      await names();
      await own.nats.stop();
      await own.nats.start();
      const name = `restarted ${round}`;
      await waitUntil(async () => (await apis[0]!.patch('/api/v1/metrics/outage', { name })).status === 200, {
        ...{ timeoutMs: 30_000, everyMs: 100, what: 'a write goes through again' },
      });
      const written = performance.now();
      await waitUntil(async () => (await names()).every((each) => each === name), {
        ...{ timeoutMs: STALE_MS, everyMs: 50, what: 'the write is seen everywhere' },
      });
      await sleep(Math.max(0, written + STALE_MS - performance.now()));
      expect(await names()).toEqual(apis.map(() => name));
    }
  });

  afterAll(() => own?.stop());
});
