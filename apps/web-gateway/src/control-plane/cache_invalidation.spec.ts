import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Caches, CacheWarmer } from '@purser/caching';
import { askCacheStatistics, cacheNamespaces, tellCacheStatistics, type PayloadOf } from '@purser/contracts';
import { PublishChannel } from '@purser/messaging';
import { callAsAdmin, startTestEdge, type TestEdge } from '../testing/start-test-edge.ts';

const own = 'own';

let edge: TestEdge;
beforeAll(async () => {
  edge = await startTestEdge({ cacheBytes: 1_000_000 });
  const [caches, warmer] = [edge.app.get(Caches), edge.app.get(CacheWarmer)];
  caches.namespace(own);
  const transport = edge.broker.transport('web-gateway');
  const answers = new PublishChannel(transport, tellCacheStatistics, () => undefined);
  await new PublishChannel(transport, askCacheStatistics, () => undefined).subscribe(({ askId }) => {
    const statistics = { service: 'web-gateway', ...caches.statistics(), warming: warmer.statistics() };
    answers.publish({ askId, statistics: statistics as PayloadOf<typeof tellCacheStatistics>['statistics'] });
  });
});
afterAll(() => edge?.app.close());

const invalidate = (body: unknown) => callAsAdmin(edge, 'POST', '/cache/invalidate', body);
const all = [...Object.values(cacheNamespaces), 'web-gateway:cache-manager', own].toSorted();

it('forgets a tag, a key or a pattern, and says in which namespaces', async () => {
  const cache = edge.app.get(Caches).namespace(own);
  for (const what of [{ tag: 't' }, { key: '/a' }, { pattern: '/*' }]) {
    await cache.set('/a', 1, { tags: ['t'] });
    const everywhere = await invalidate(what);
    expect([everywhere.statusCode, everywhere.json()]).toEqual([200, { namespaces: all }]);
    expect(await cache.get('/a')).toBeUndefined();
    await cache.set('/a', 1, { tags: ['t'] });
    expect((await invalidate({ ...what, namespace: own })).json()).toEqual({ namespaces: [own] });
    expect(await cache.get('/a')).toBeUndefined();
  }
});

it('refuses a namespace that there is not, by name and with those that there are', async () => {
  const answer = await invalidate({ tag: 't', namespace: 'catalog' });
  expect([answer.statusCode, answer.json()]).toEqual([
    400,
    expect.objectContaining({
      code: 'invalid_request',
      field: 'namespace',
      detail: `namespace: must be one of ${all.join(', ')}`,
    }),
  ]);
});
