import { Controller, Get, Inject, Injectable, Module, type DynamicModule } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Cache as ManagedCache } from 'cache-manager';
import { Cache } from '../core/cache.ts';
import { Caches, openCaches } from '../core/caches.ts';
import { monotonicClock } from '../core/clock.ts';
import { ReferenceStore } from '../testing/stores/reference-store.ts';
import { CacheModule } from './cache.module.ts';
import { Cached, InvalidateCache } from './cached.decorator.ts';
import type { CacheRootOptions } from './module-options.ts';
import { CACHE_MANAGER, cacheToken, InjectCache } from './tokens.ts';

const opened: TestingModule[] = [];
async function open(...imports: DynamicModule[]): Promise<TestingModule> {
  const app = await Test.createTestingModule({ imports }).compile();
  opened.push(app);
  return app.init();
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((app) => app.close()));
});

/** A store that says whether it is open. */
class WatchedStore extends ReferenceStore {
  closed = 0;

  override close(): Promise<void> {
    this.closed += 1;
    return super.close();
  }
}

describe('CacheModule', () => {
  it('injects namespaces with the options of forFeature', async () => {
    @Injectable()
    class Accounts {
      constructor(@InjectCache('accounts') readonly cache: Cache) {}
    }
    @Module({ imports: [CacheModule.forFeature('accounts', { ttl: 1_000 })], providers: [Accounts] })
    class AccountsModule {}
    const list = CacheModule.forFeature([{ namespace: 'keys' }, { namespace: 'models', local: true }]);
    const app = await open(CacheModule.forRoot(), list, { module: AccountsModule });
    const { cache } = app.get(Accounts, { strict: false });
    expect([cache.name, app.get<Cache>(cacheToken('models'), { strict: false }).name]).toEqual(['accounts', 'models']);
    expect(() => app.get(Caches).namespace('accounts', { ttl: 2_000 })).toThrow(
      /^ttl: the namespace accounts is there/,
    );
  });

  it('takes its options from what is injected', async () => {
    @Module({ providers: [{ provide: 'REPLICA', useValue: 'replica 7' }], exports: ['REPLICA'] })
    class ConfigModule {}
    const useFactory = async (replica: string) => ({ replica });
    const app = await open(CacheModule.forRootAsync({ imports: [ConfigModule], inject: ['REPLICA'], useFactory }));
    expect(app.get(Caches).replica).toBe('replica 7');
  });

  it('refuses a factory that gives no options by its name', async () => {
    const useFactory = (() => undefined) as never;
    await expect(open(CacheModule.forRootAsync({ useFactory }))).rejects.toMatchObject({ field: 'useFactory' });
  });

  it.each<[string, MethodDecorator]>([
    ['@Cached', Cached()],
    ['@InvalidateCache', InvalidateCache({ tags: ['a'] })],
  ])('is named by the error of an app that has %s and not the module', async (name, decorator) => {
    @Controller()
    class Shop {
      @Get()
      find() {}
    }
    decorator(Shop.prototype, 'find', Object.getOwnPropertyDescriptor(Shop.prototype, 'find')!);
    const starting = Test.createTestingModule({ controllers: [Shop] }).compile();
    await expect(starting).rejects.toThrow(`CacheModule.forRoot() of @purser/caching, for ${name}`);
  });

  it('is seen by those who import it alone, where it is not global', async () => {
    const root = CacheModule.forRoot({ isGlobal: false });
    @Injectable()
    class Reader {
      constructor(@Inject(Caches) readonly caches: Caches) {}
    }
    @Module({ providers: [Reader] })
    class Outside {}
    await expect(open(root, { module: Outside })).rejects.toThrow(/Nest can't resolve dependencies of the Reader/);
    const app = await open(root, { module: Outside, imports: [root] }, CacheModule.forFeature('a', {}, root));
    expect(app.get<Cache>(cacheToken('a'), { strict: false })).toBeInstanceOf(Cache);
  });

  it('closes its tiers at the end, after the hooks that still read and write', async () => {
    const store = new WatchedStore(monotonicClock);
    const order: string[] = [];
    @Injectable()
    class Writer {
      constructor(@Inject(Caches) private readonly caches: Caches) {}
      async beforeApplicationShutdown() {
        await this.caches.namespace('a').set('last', 1);
        order.push(`closed ${store.closed} times`);
      }
    }
    @Module({ providers: [Writer] })
    class WriterModule {}
    const app = await open(CacheModule.forRoot({ tiers: [{ store }] }), { module: WriterModule });
    opened.length = 0;
    await app.close();
    expect([order, store.closed]).toEqual([['closed 0 times'], 1]);
    await expect(app.get(Caches).namespace('a').set('later', 1)).rejects.toThrow('cache: is closed');
  });

  it.each<[string, object, string]>([
    ['options', { purgeEveryMs: -1 }, 'purgeEveryMs: must be'],
    ['an option of HTTP', { http: { maxBytes: 0 } }, 'http.maxBytes: must be'],
    ['an option of warming', { warming: { concurrency: 0 } }, 'concurrency: must be'],
    ['the life of CACHE_MANAGER', { cacheManager: { ttl: -5 } }, 'ttl: must be'],
    ['a header for tags', { http: { surrogateKeyHeaders: ['X-Tags'] } }, 'http.surrogateKeyHeaders: must be of'],
  ])('refuses to start with bad %s, and leaves nothing open', async (_what, options, message) => {
    const store = new WatchedStore(monotonicClock);
    await expect(open(CacheModule.forRoot({ tiers: [{ store }], ...options }))).rejects.toThrow(message);
    expect(store.closed).toBe(1);
  });

  it('lets a test put a cache of its own in the place', async () => {
    const own = await openCaches({ replica: 'own' });
    const app = await Test.createTestingModule({ imports: [CacheModule.forRoot(), CacheModule.forFeature('a')] })
      .overrideProvider(Caches)
      .useValue(own)
      .compile();
    opened.push(app);
    await app.get<Cache>(cacheToken('a'), { strict: false }).set('k', 1);
    expect(await own.namespace('a').get('k')).toBe(1);
  });
});

describe('CACHE_MANAGER', () => {
  async function manager(): Promise<{ cache: ManagedCache; caches: Caches }> {
    const app = await open(CacheModule.forRoot({ cacheManager: { ttl: 60_000 } }));
    return { cache: app.get<ManagedCache>(CACHE_MANAGER), caches: app.get(Caches) };
  }

  it.each([[null], [0], [''], [false], [{ a: [1, null] }], ['text']])('keeps %j', async (value) => {
    const { cache, caches } = await manager();
    expect(await cache.set('key', value)).toEqual(value);
    expect(await cache.get('key')).toEqual(value);
    expect(await cache.mget(['key', 'none'])).toEqual([value, undefined]);
    expect(await caches.namespace('cache-manager').get('key')).toEqual(value);
  });

  it('lives by the defaults where it is told no life of its own, and is there also where these allow stale values', async () => {
    const app = await open(CacheModule.forRoot({ defaults: { ttl: 1_000, staleFor: 60_000 } }));
    await app.get<ManagedCache>(CACHE_MANAGER).set('a', 1);
    expect(app.get(Caches).namespace('cache-manager').describe('a')!.freshForMs).toBeLessThanOrEqual(1_000);
  });

  it('keeps its values apart from those of other services, unless it is told where', async () => {
    const namespacesOf = async (options: CacheRootOptions): Promise<string[]> => {
      const app = await open(CacheModule.forRoot({ service: 'shop', ...options }));
      await app.get<ManagedCache>(CACHE_MANAGER).set('a', 1);
      return Object.keys(app.get(Caches).statistics().namespaces);
    };
    expect(await namespacesOf({})).toEqual(['shop:cache-manager']);
    expect(await namespacesOf({ cacheManager: { namespace: 'common' } })).toEqual(['common']);
  });

  it('forgets what is deleted, set to undefined, or cleared, and clears nothing else', async () => {
    const { cache, caches } = await manager();
    await caches.namespace('other').set('a', 1);
    await cache.mset([...'abcd'].map((key) => ({ key, value: key })));
    await cache.del('a');
    await cache.mdel(['b']);
    await cache.set('c', undefined);
    expect(await cache.mget([...'abcd'])).toEqual([undefined, undefined, undefined, 'd']);
    await cache.clear();
    expect([await cache.get('d'), await caches.namespace('other').get('a')]).toEqual([undefined, 1]);
  });

  it('takes lives in milliseconds, and says when a value ends', async () => {
    const { cache } = await manager();
    const leftOf = async (key: string) => Math.round(((await cache.ttl(key))! - Date.now()) / 1_000);
    await cache.set('short', 1, 5_000);
    await cache.set('usual', 1);
    await cache.set('endless', 1, Number.MAX_SAFE_INTEGER);
    const usual = await leftOf('usual');
    expect([
      await leftOf('short'),
      usual > 50 && usual <= 60,
      await leftOf('endless'),
      await cache.ttl('none'),
    ]).toEqual([5, true, 7 * 24 * 3_600, undefined]);
    await cache.set('short', 2, 1);
    while ((await cache.get('short')) !== undefined) await new Promise((resolve) => setTimeout(resolve, 1));
  });

  it('wraps a function, once for all who ask at once, null included', async () => {
    const { cache } = await manager();
    let calls = 0;
    const load = async () => {
      calls += 1;
      return null;
    };
    expect(await Promise.all([cache.wrap('key', load), cache.wrap('key', load)])).toEqual([null, null]);
    expect([await cache.wrap('key', load), calls]).toEqual([null, 1]);
  });

  it('refuses what JSON can not carry, and a key that is none', async () => {
    const { cache } = await manager();
    await expect(cache.set('key', 1n)).rejects.toThrow('value: is a BigInt');
    await expect(cache.set('', 1)).rejects.toThrow('key: must be text of 1 to 1024 characters');
  });
});
