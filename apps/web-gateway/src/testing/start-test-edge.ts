import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { CacheModule, Caches } from '@purser/caching';
import { loadConfig } from '@purser/config';
import { readConfiguration, type ConfigurationEntry, type Role } from '@purser/contracts';
import { InProcessBroker, MessageClient, messageTransport } from '@purser/messaging';
import { CacheFleet } from '@purser/service-caching';
import { LiveReplicas, TrafficFleet, TrafficSources } from '@purser/service-traffic';
import { sharersOf } from '../authentication/sharers.ts';
import { ConfigurationStore } from '../configuration/configuration.store.ts';
import { edgeModules } from '../edge.modules.ts';
import { createHttpAdapter } from '../http-adapter.ts';
import { webGatewayConfig, type WebGatewayConfig } from '../web-gateway.config.ts';
import { aKey, anAccount, entries } from './configuration-entries.ts';
import { FakeMessageClient } from './fake-message-client.ts';

@Module({})
class TestModule {}

export const MASTER_KEY = 'm'.repeat(40);

/** The configuration of a gateway in tests, as read from these variables. */
export function testConfig(env: Record<string, string> = {}): WebGatewayConfig {
  return loadConfig(webGatewayConfig, { PURSER_MASTER_KEY: MASTER_KEY, PORT: '0', ...env });
}

export interface TestEdge {
  readonly app: NestFastifyApplication;
  readonly client: FakeMessageClient;
  /** What caches tell each other goes through it. */
  readonly broker: InProcessBroker;
  readonly accountId: string;
  /** The ids of the keys, whose secrets are the names of their roles. */
  readonly keyIds: Readonly<Record<Role, string>>;
  readonly store: ConfigurationStore;
}

/** One gateway. */
const ALONE: Pick<LiveReplicas, 'live' | 'replica' | 'names' | 'onChange'> = {
  ...{ live: 1, replica: 'web-gateway-1', names: () => ['web-gateway-1'] },
  onChange: () => () => undefined,
};

/** The real gateway but for its data plane, with one key per role; all other services are the fake client. */
export async function startTestEdge(
  options: {
    env?: Record<string, string>;
    controllers?: Type[];
    loaded?: boolean;
    /** More of the configuration. */
    entries?: readonly ConfigurationEntry[];
    /** Memory for answers that are cached. Default none, so that each request is one message. */
    cacheBytes?: number;
  } = {},
): Promise<TestEdge> {
  const account = anAccount();
  const roles: readonly Role[] = ['admin', 'manager', 'member', 'viewer'];
  const keys = roles.map((role) => aKey(account.id, role, { role }));
  const client = new FakeMessageClient();
  const broker = new InProcessBroker();
  if (options.loaded !== false) {
    const all = [...entries('account', [account]), ...entries('key', keys), ...(options.entries ?? [])];
    client.answer(readConfiguration, () => ({ version: 1, entries: all, nextCursor: null }));
  }
  const config = testConfig(options.env);
  const messages: DynamicModule = {
    module: class MessagesModule {},
    global: true,
    providers: [
      { provide: MessageClient, useValue: client },
      { provide: LiveReplicas, useValue: ALONE },
      TrafficSources,
      { provide: messageTransport, useValue: broker.transport('web-gateway') },
      { provide: TrafficFleet, useFactory: () => new TrafficFleet(ALONE, broker.transport('web-gateway')) },
      {
        provide: CacheFleet,
        inject: [Caches],
        useFactory: (caches: Caches) => new CacheFleet(caches, broker.transport('web-gateway')),
      },
    ],
    exports: [MessageClient, CacheFleet, LiveReplicas, TrafficSources, TrafficFleet, messageTransport],
  };
  const memory = { maxBytes: options.cacheBytes ?? 1 };
  const cache = CacheModule.forRoot({ service: 'web-gateway', memory, http: { callerOf: sharersOf } });
  const module = {
    module: TestModule,
    imports: [messages, cache, ...edgeModules(config)],
    controllers: options.controllers,
  };
  const app = await NestFactory.create<NestFastifyApplication>(module, createHttpAdapter(config), { logger: false });
  try {
    await app.init();
    const store = app.get(ConfigurationStore);
    if (options.loaded !== false) await store.whenLoaded();
    const keyIds = Object.fromEntries(keys.map(({ role, id }) => [role, id])) as Record<Role, string>;
    return { app, client, broker, accountId: account.id, keyIds, store };
  } catch (error) {
    await app.close();
    throw error;
  }
}

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/** Calls `/api/v1` with the admin's key; a body that is neither text nor bytes goes as JSON. */
export function callAsAdmin(
  edge: TestEdge,
  method: Method,
  url: string,
  body?: unknown,
  headers: Record<string, string> = {},
) {
  return callAs(edge, 'admin', method, url, body, headers);
}

/** The same with the key of that secret. */
export function callAs(
  edge: TestEdge,
  secret: string,
  method: Method,
  url: string,
  body?: unknown,
  headers: Record<string, string> = {},
) {
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  const asIs = body === undefined || typeof body === 'string' || Buffer.isBuffer(body);
  const payload = asIs ? body : JSON.stringify(body);
  return edge.app.inject({
    method,
    url: `/api/v1${url}`,
    headers: { 'x-api-key': secret, ...type, ...headers },
    payload,
  });
}
