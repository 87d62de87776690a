import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterEach, expect, it } from '@jest/globals';
import { HealthModule, MetricSources } from '@purser/health';
import { InProcessBroker, MessagingModule, messagingStrategy } from '@purser/messaging';
import { ResourcePool } from '@purser/pooling/core';
import { Limiter, rateLimit } from '@purser/rate-limiting/core';
import { dependency } from '@purser/resilience/core';
import { waitUntil } from '@purser/testing';
import { LiveReplicas, MessageAdmission, ServiceTrafficModule, TrafficFleet, TrafficSources } from './index.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function replica(service: string, broker: InProcessBroker, admission?: MessageAdmission) {
  const transport = broker.transport(service);
  @Module({
    imports: [
      MessagingModule.forRoot({ service, transport }),
      HealthModule.forRoot({ service }),
      ServiceTrafficModule.register({ service, admission }),
    ],
  })
  class App {}
  const options = { strategy: messagingStrategy(transport), logger: false as const };
  const app = await NestFactory.createMicroservice(App, options);
  closing.push(() => app.close());
  await app.listen();
  const of = { sources: app.get(TrafficSources), fleet: app.get(TrafficFleet), replicas: app.get(LiveReplicas) };
  return { ...of, metrics: app.get(MetricSources) };
}

function pool(): ResourcePool<object> {
  const made = new ResourcePool({ create: () => ({}), destroy: () => undefined }, { name: 'things', max: 2 });
  closing.push(() => made.drain(1_000));
  return made;
}

it('tells of the pools, limiters and dependencies of every replica of every service', async () => {
  const broker = new InProcessBroker();
  const reports = await replica('reports', broker, new MessageAdmission(5));
  const gateway = await replica('web-gateway', broker);
  const haveMet = () => gateway.replicas.names().length === 2;
  await waitUntil(haveMet, { timeoutMs: 10_000, what: 'the replicas have heard of each other' });

  const things = pool();
  await things.acquire();
  await things.healthCheck();
  reports.sources.addPools(() => [things.stats()]);
  const limiter = new Limiter();
  closing.push(() => limiter.close());
  void limiter.take([{ limit: rateLimit('requests', { amount: 1, perMs: 1_000 }), subject: 'a' }], { client: 'a' });
  gateway.sources.addLimiter('requests', () => limiter.statistics());
  const github = dependency({ name: 'github', retry: {}, breaker: {}, bulkhead: { maxConcurrent: 1 } });
  await github.run(async () => 1);
  gateway.sources.addDependencies(() => [github.statistics()]);

  const { data: pools, unanswered } = await gateway.fleet.pools();
  expect(unanswered).toEqual([]);
  expect(pools).toMatchObject([
    { service: 'reports', pool: 'things', count: { idle: 1, used: 1 }, max: 2, health: { healthy: true, error: null } },
  ]);
  const { data: limiters } = await gateway.fleet.limiters();
  expect(limiters).toMatchObject([
    { service: 'reports', limiter: 'messages', allowed: 0 },
    { service: 'web-gateway', limiter: 'requests', allowed: 1, clients: { a: { allowed: 1 } } },
  ]);
  const { data: dependencies } = await reports.fleet.dependencies();
  expect(dependencies).toMatchObject([
    { service: 'web-gateway', name: 'github', calls: 1, breaker: { state: 'closed' } },
  ]);
});

it('shows all of them as metrics, each in one family', async () => {
  const { sources, metrics } = await replica('reports', new InProcessBroker(), new MessageAdmission(5));
  const things = pool();
  sources.addPools(() => [things.stats()]);
  const other = new MessageAdmission(5);
  closing.push(() => other.close());
  sources.addLimiter('others', () => other.statistics());
  expect(() => sources.addLimiter('others', () => other.statistics())).toThrow('two limiters of the name others');
  const families = metrics.families();
  const names = families.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  const allowed = families.find(({ name }) => name.endsWith('rate_limit_allowed_total'))!;
  expect(allowed.samples.map(({ labels }) => labels['limiter'])).toEqual(['messages', 'others']);
});
