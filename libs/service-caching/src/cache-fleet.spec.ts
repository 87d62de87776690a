import { afterEach, expect, it } from '@jest/globals';
import { CacheWarmer, openCaches, type Caches } from '@purser/caching';
import { askCacheStatistics, cacheMessages, cacheNamespaces } from '@purser/contracts';
import { InProcessBroker, PublishChannel, type MessageTransport } from '@purser/messaging';
import { waitUntil } from '@purser/testing';
import { CacheFleet, UnknownNamespace } from './cache-fleet.ts';
import { StatisticsResponder } from './statistics.responder.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

interface Replica {
  readonly caches: Caches;
  readonly transport: MessageTransport;
  readonly responder: StatisticsResponder;
}

async function replicaOf(service: string, broker: InProcessBroker, replica = service): Promise<Replica> {
  const transport = broker.transport(service);
  const bus = new PublishChannel(transport, cacheMessages, () => undefined);
  const caches = await openCaches({ replica, bus: { bus, heartbeatMs: 20, silenceMs: 5_000 } });
  open.push(caches);
  const responder = new StatisticsResponder(service, caches, new CacheWarmer(caches), transport);
  await responder.onApplicationBootstrap();
  return { caches, transport, responder };
}

async function twoReplicas() {
  const broker = new InProcessBroker();
  const [gateway, reports] = [await replicaOf('web-gateway', broker), await replicaOf('reports', broker)];
  const haveMet = () =>
    gateway.caches.statistics().bus!.others.includes('reports') &&
    reports.caches.statistics().bus!.others.includes('web-gateway');
  await waitUntil(haveMet, { timeoutMs: 10_000, what: 'the replicas have heard of each other' });
  return { gateway, reports, fleet: new CacheFleet(gateway.caches, gateway.transport, { timeoutMs: 500 }) };
}

it('tells what every replica of every service counts, and the sums', async () => {
  const { gateway, reports, fleet } = await twoReplicas();
  await gateway.caches.namespace('catalogue').getOrCompute('a', () => 1);
  await reports.caches.namespace('usage').getOrCompute('a', () => 1);
  await reports.caches.namespace('usage').get('a');
  const { data, totals, unanswered } = await fleet.statistics();
  expect(unanswered).toEqual([]);
  expect(data.map(({ service, namespaces }) => [service, Object.keys(namespaces)])).toEqual([
    ['reports', ['usage']],
    ['web-gateway', ['catalogue']],
  ]);
  expect(totals).toMatchObject({ hits: 1, misses: 2, loads: 2 });
});

it('names who was heard of late and does not answer', async () => {
  const { reports, fleet } = await twoReplicas();
  reports.responder.onApplicationShutdown();
  const { data, unanswered } = await fleet.statistics();
  expect(data.map(({ service }) => service)).toEqual(['web-gateway']);
  expect(unanswered).toEqual(['reports']);
});

it('forgets in every replica, in all namespaces that are shared or told of, and in none that is local', async () => {
  const { gateway, reports, fleet } = await twoReplicas();
  const [usage, own] = ['usage', 'own'].map((name) => reports.caches.namespace(name));
  const parsed = reports.caches.namespace('parsed', { local: true });
  for (const cache of [usage!, own!, parsed]) await cache.set('a', 1, { tags: ['t'] });
  await gateway.caches.namespace('catalogue').set('a', 1, { tags: ['t'] });
  const all = [...Object.values(cacheNamespaces), 'own'].toSorted();
  expect(await fleet.invalidate({ kind: 'tags', tags: ['t'] })).toEqual(all);
  expect(await usage!.get('a')).toBeUndefined();
  expect(await own!.get('a')).toBeUndefined();
  expect(await gateway.caches.namespace('catalogue').get('a')).toBeUndefined();
  expect(await parsed.get('a')).toBe(1);
});

it('forgets in one namespace where one is named', async () => {
  const { reports, fleet } = await twoReplicas();
  const [usage, catalogue] = ['usage', 'catalogue'].map((name) => reports.caches.namespace(name));
  await usage!.set('a', 1);
  await catalogue!.set('a', 1);
  expect(await fleet.invalidate({ kind: 'pattern', pattern: '*' }, 'usage')).toEqual(['usage']);
  expect([await usage!.get('a'), await catalogue!.get('a')]).toEqual([undefined, 1]);
});

it('refuses a namespace that nobody has, or that is local to who has it, and names those that there are', async () => {
  const { reports, fleet } = await twoReplicas();
  reports.caches.namespace('own');
  reports.caches.namespace('parsed', { local: true });
  const all = [...Object.values(cacheNamespaces), 'own'].toSorted();
  for (const name of ['ussage', 'parsed']) {
    const refused = fleet.invalidate({ kind: 'all' }, name);
    await expect(refused).rejects.toThrow(UnknownNamespace);
    await expect(refused).rejects.toMatchObject({ namespaces: all });
  }
  expect(await fleet.invalidate({ kind: 'all' }, 'own')).toEqual(['own']);
  expect(await fleet.invalidate({ kind: 'all' }, 'work-efforts')).toEqual(['work-efforts']);
});

it('takes a namespace that a replica may have which did not answer', async () => {
  const { reports, fleet } = await twoReplicas();
  const own = reports.caches.namespace('own');
  await own.set('a', 1);
  reports.responder.onApplicationShutdown();
  expect(await fleet.invalidate({ kind: 'keys', keys: ['a'] }, 'own')).toEqual(['own']);
  expect(await own.get('a')).toBeUndefined();
});

it('answers nobody whose question is none', async () => {
  const broker = new InProcessBroker();
  const { transport } = await replicaOf('reports', broker);
  const asker = new PublishChannel(transport, askCacheStatistics, () => undefined);
  expect(() => asker.publish({ askId: 'x'.repeat(1_000) })).not.toThrow();
});
