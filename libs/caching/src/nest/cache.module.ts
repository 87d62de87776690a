import {
  Logger,
  Module,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleDestroy,
  type Provider,
} from '@nestjs/common';
import { DiscoveryModule, DiscoveryService } from '@nestjs/core';
import { Caches, openCaches } from '../core/caches.ts';
import { MAX_KEEP_MS, type NamespaceOptions } from '../core/options.ts';
import { CacheWarmer } from '../core/warmer.ts';
import { CacheInvalidations } from './cache-invalidations.ts';
import { CachedCalls } from './cached-calls.ts';
import { CachedMethods } from './cached-methods.ts';
import { HttpHits } from './http/http-hits.ts';
import { HttpVisits } from './http/http-visits.ts';
import { invalid } from './cached-options.ts';
import type { CacheModuleOptions, CacheRootAsyncOptions, CacheRootOptions, FeatureOptions } from './module-options.ts';
import { NamespacesOf } from './namespaces-of.ts';
import { CACHE_MANAGER, cacheToken, FOR_CACHED, FOR_INVALIDATE_CACHE } from './tokens.ts';

const OPTIONS = Symbol('CacheModuleOptions');

/** Warms once all modules are there, stops with the first hook, closes with the last: by then nothing serves any more. */
class CacheLifecycle implements OnApplicationBootstrap, OnModuleDestroy, OnApplicationShutdown {
  readonly #caches: Caches;
  readonly #warmer: CacheWarmer;

  constructor(caches: Caches, warmer: CacheWarmer) {
    this.#caches = caches;
    this.#warmer = warmer;
  }

  onApplicationBootstrap(): void {
    this.#warmer.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.#warmer.stop();
  }

  onApplicationShutdown(): Promise<void> {
    return this.#caches.close();
  }
}

/**
 * Gives an app its {@link Caches}: opened before anything that injects them, closed last; its {@link CacheWarmer}; what
 * `@Cached` and `@InvalidateCache` need; and `CACHE_MANAGER`.
 */
@Module({})
export class CacheModule {
  /** Tiers and bus are the cache's from here on: they are closed with it, and where it can't be opened. */
  static forRoot({ isGlobal, ...options }: CacheRootOptions = {}): DynamicModule {
    return rootModule({ provide: OPTIONS, useValue: options }, isGlobal);
  }

  static forRootAsync({ isGlobal, imports, inject = [], useFactory }: CacheRootAsyncOptions): DynamicModule {
    return rootModule(
      { provide: OPTIONS, inject, useFactory: async (...injected: never[]) => returned(await useFactory(...injected)) },
      isGlobal,
      imports,
    );
  }

  /**
   * Declares namespaces, for `@InjectCache(namespace)`.
   *
   * @param root what `forRoot` returned, where it is not global
   */
  static forFeature(namespace: string, options?: NamespaceOptions, root?: DynamicModule): DynamicModule;
  static forFeature(namespaces: readonly FeatureOptions[], root?: DynamicModule): DynamicModule;
  static forFeature(
    first: string | readonly FeatureOptions[],
    second: NamespaceOptions | DynamicModule = {},
    third?: DynamicModule,
  ): DynamicModule {
    const isOne = typeof first === 'string';
    const features = isOne ? [{ ...(second as NamespaceOptions), namespace: first }] : first;
    const root = isOne ? third : 'module' in second ? second : undefined;
    const providers = features.map(({ namespace, ...options }) => ({
      provide: cacheToken(namespace),
      inject: [Caches],
      useFactory: (caches: Caches) => orClose(caches, () => caches.namespace(namespace, options)),
    }));
    return {
      module: CacheModule,
      imports: root ? [root] : [],
      providers,
      exports: providers.map(({ provide }) => provide),
    };
  }
}

function rootModule(options: Provider, isGlobal = true, imports: DynamicModule['imports'] = []): DynamicModule {
  const providers: Provider[] = [
    options,
    { provide: Caches, inject: [OPTIONS], useFactory: open },
    {
      provide: CacheWarmer,
      inject: [Caches, OPTIONS],
      useFactory: (caches: Caches, { warming, service }: CacheModuleOptions) =>
        orClose(caches, () => new CacheWarmer(caches, { lock: service && `${service}:warmer`, ...warming })),
    },
    {
      provide: CacheLifecycle,
      inject: [Caches, CacheWarmer],
      useFactory: (caches: Caches, warmer: CacheWarmer) => new CacheLifecycle(caches, warmer),
    },
    {
      provide: NamespacesOf,
      inject: [Caches, OPTIONS],
      useFactory: (caches: Caches, { service }: CacheModuleOptions) => new NamespacesOf(caches, service),
    },
    {
      provide: HttpVisits,
      inject: [Caches, NamespacesOf, OPTIONS],
      useFactory: (caches: Caches, namespaces: NamespacesOf, { http }: CacheModuleOptions) =>
        orClose(caches, () => new HttpVisits(namespaces, http)),
    },
    {
      provide: HttpHits,
      inject: [HttpVisits, DiscoveryService],
      useFactory: (visits: HttpVisits, discovery: DiscoveryService) => new HttpHits(visits, discovery),
    },
    { provide: CACHE_MANAGER, inject: [Caches, NamespacesOf, OPTIONS], useFactory: openCacheManager },
    CachedCalls,
    CacheInvalidations,
    CachedMethods,
    { provide: FOR_CACHED, useExisting: HttpVisits },
    { provide: FOR_INVALIDATE_CACHE, useExisting: CacheInvalidations },
  ];
  return {
    module: CacheModule,
    global: isGlobal,
    imports: [DiscoveryModule, ...imports],
    providers,
    exports: [Caches, CacheWarmer, HttpHits, CachedCalls, FOR_CACHED, FOR_INVALIDATE_CACHE, CACHE_MANAGER],
  };
}

function returned(options: CacheModuleOptions): CacheModuleOptions {
  if (typeof options === 'object' && options !== null) return options;
  throw invalid('useFactory', 'must return the options of the cache');
}

async function open(options: CacheModuleOptions): Promise<Caches> {
  const logger = new Logger('Caches');
  const onProblem: CacheModuleOptions['onProblem'] = ({ where, error }) => logger.warn(`${where}: ${String(error)}`);
  return openCaches({ onProblem, ...options });
}

async function openCacheManager(
  caches: Caches,
  namespaces: NamespacesOf,
  { cacheManager = {} }: CacheModuleOptions,
): Promise<unknown> {
  const name = namespaces.nameOf(cacheManager.namespace, 'cache-manager');
  const { cacheManagerOver } = await import('./cache-manager.ts');
  return orClose(caches, () => {
    const cache = caches.namespace(name, { ttl: cacheManager.ttl, maxTtl: MAX_KEEP_MS, staleFor: 0 });
    return cacheManagerOver(cache, MAX_KEEP_MS);
  });
}

/** A start that fails here ends there, and Nest calls no hook of what is open by then. */
async function orClose<T>(caches: Caches, make: () => T): Promise<T> {
  try {
    return make();
  } catch (error) {
    await caches.close();
    throw error;
  }
}
