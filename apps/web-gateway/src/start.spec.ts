import { mkdtemp, rm } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Controller, Module, type INestMicroservice } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  configurationChanged,
  hello,
  lease,
  readConfiguration,
  type ReceivedOf,
  type ResponseOf,
} from '@purser/contracts';
import type { RunningService } from '@purser/health';
import { Handles, InProcessBroker, MessageClient, messagingStrategy } from '@purser/messaging';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import { routesOf } from './errors/routes.ts';
import { startWebGateway, WEB_GATEWAY_SERVICE } from './index.ts';
import { aKey, anAccount, entries } from './testing/configuration-entries.ts';
import { testConfig } from './testing/start-test-edge.ts';

const account = anAccount();
const stored = [...entries('account', [account]), ...entries('key', [aKey(account.id, 'first')])];
let version = 1;
const acknowledged: number[] = [];

/** As much of the budget service as a gateway needs to be ready. */
@Controller()
class TinyBudgetController {
  @Handles(readConfiguration)
  read({ since }: ReceivedOf<typeof readConfiguration>): ResponseOf<typeof readConfiguration> {
    return { version, entries: stored.filter((entry) => entry.version > since), nextCursor: null };
  }

  @Handles(hello)
  hello(): ResponseOf<typeof hello> {
    return { olds: [], configVersion: version };
  }

  @Handles(lease)
  lease({ seq, configVersion }: ReceivedOf<typeof lease>): ResponseOf<typeof lease> {
    acknowledged.push(configVersion);
    return { seq, leases: [], refused: [], wait: [], configVersion: version };
  }
}

function addKey(secret: string): void {
  version += 1;
  stored.push(...entries('key', [aKey(account.id, secret)], version));
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await setTimeout(5);
}

@Module({ controllers: [TinyBudgetController] })
class TinyBudgetModule {}

describe('the web gateway', () => {
  const broker = new InProcessBroker();
  const publisher = new MessageClient(broker.transport('test'));
  let folder: string;
  let budget: INestMicroservice;
  let gateway: RunningService;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'purser-gateway-'));
    budget = await NestFactory.createMicroservice(TinyBudgetModule, {
      strategy: messagingStrategy(broker.transport('budget')),
      logger: false,
    });
    await budget.listen();
    gateway = await startWebGateway({
      config: testConfig({ PURSER_DATA_DIR: folder }),
      transport: broker.transport(WEB_GATEWAY_SERVICE),
    });
    await gateway.readiness.whenReady(AbortSignal.timeout(10_000));
  });
  afterAll(async () => {
    await gateway?.drain({ timeoutMs: 2_000 });
    await budget?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const call = (path: string, key = 'first') => fetch(`${gateway.url}${path}`, { headers: { 'x-api-key': key } });

  it('is ready when it may spend, and serves', async () => {
    expect((await fetch(`${gateway.url}/health/ready`)).status).toBe(200);
    const models = await call('/v1/models');
    expect(await models.json()).toEqual({ object: 'list', data: [] });
    expect(models.headers.get('x-request-id')).toMatch(/\S{36}/);
  });

  it('describes every route of both planes, and has every route that it describes', async () => {
    const { paths } = (await (await fetch(`${gateway.url}/openapi.json`)).json()) as { paths: Record<string, object> };
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
    );
    const fastify = (gateway.app.getHttpAdapter() as FastifyAdapter).getInstance();
    const registered = routesOf(fastify)
      // HEAD goes with GET. OpenAPI has no word for a parameter with slashes.
      .flatMap(({ methods, url }) => methods.map((method) => `${method} ${url.replace(/\*$/, ':id')}`))
      .filter((route) => !route.startsWith('HEAD ') && !route.includes(' /docs'));
    expect(described.sort()).toEqual(registered.sort());
    expect(registered.length).toBeGreaterThan(45);
  });

  it('works by a change as soon as it is published, and says so at once', async () => {
    expect((await call('/v1/models', 'second')).status).toBe(401);
    addKey('second');
    publisher.publish(configurationChanged, { version });
    await until(() => acknowledged.includes(version));
    expect((await call('/v1/models', 'second')).status).toBe(200);
  });

  it('hears of a change from the next heartbeat where the publish was lost', async () => {
    addKey('third');
    await until(() => acknowledged.includes(version));
    expect((await call('/v1/models', 'third')).status).toBe(200);
  });

  it('refuses a folder that is in use, and leaves the first alone', async () => {
    const second = startWebGateway({
      config: testConfig({ PURSER_DATA_DIR: folder }),
      transport: broker.transport(WEB_GATEWAY_SERVICE),
    });
    await expect(second).rejects.toThrow('Another process uses the journal');
    expect((await call('/v1/models')).status).toBe(200);
  });

  it('drains: what it opened is closed', async () => {
    const { url } = gateway;
    expect(await gateway.drain()).toEqual({ drained: true, unfinished: [] });
    await expect(fetch(`${url}/health/live`)).rejects.toThrow();
    const again = await startWebGateway({
      config: testConfig({ PURSER_DATA_DIR: folder }),
      transport: broker.transport(WEB_GATEWAY_SERVICE),
    });
    await again.drain();
  });
});
