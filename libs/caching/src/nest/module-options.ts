import type { FactoryProvider, ModuleMetadata } from '@nestjs/common';
import type { CachesOptions } from '../core/caches.ts';
import type { NamespaceOptions } from '../core/options.ts';
import type { WarmerOptions } from '../core/warmer.ts';

/** What holds for all HTTP answers that `@Cached` keeps. */
export interface HttpCacheOptions {
  /**
   * Who asks: callers of one name are given one another's answers; `undefined`: unknown, so nothing is cached. Called after
   * the guards. Default: a digest of the request's credentials (`Authorization`, `Cookie`, `X-Api-Key`, `Api-Key`,
   * `X-Auth-Token`): give your own where callers are told apart by anything else, such as their address.
   */
  readonly callerOf?: (request: never) => string | undefined;
  /** The largest body that is kept. Default 1 000 000; at most 16 000 000. */
  readonly maxBytes?: number;
  /** The headers that show tags to a CDN, where they are shown. Default `Surrogate-Key`. */
  readonly surrogateKeyHeaders?: readonly ('Surrogate-Key' | 'Cache-Tag')[];
}

export interface CacheManagerOptions {
  /** Default `cache-manager`, after the `service` of the module, where that is given. */
  readonly namespace?: string;
  /** The life of values that are set without one. Milliseconds; default 300 000. */
  readonly ttl?: number;
}

export interface CacheModuleOptions extends CachesOptions {
  /**
   * The app's name, put before the namespaces that `@Cached` and `CACHE_MANAGER` take by default. To be given where several
   * apps share a tier: their classes and keys may have the same names.
   */
  readonly service?: string;
  readonly http?: HttpCacheOptions;
  /** See {@link CacheWarmer}: inject it in a module's constructor or `onModuleInit` to add sources. */
  readonly warming?: WarmerOptions;
  /** What `CACHE_MANAGER` injects. */
  readonly cacheManager?: CacheManagerOptions;
}

interface Visibility {
  /**
   * Whether every module can inject the cache and use its decorators. Default true. Where false, keep what `forRoot` returns
   * in a constant and import that; `forFeature` then has to be given it as `root`.
   */
  readonly isGlobal?: boolean;
}

export interface CacheRootOptions extends CacheModuleOptions, Visibility {}

export interface CacheRootAsyncOptions extends Pick<ModuleMetadata, 'imports'>, Visibility {
  readonly inject?: FactoryProvider['inject'];
  readonly useFactory: (...injected: never[]) => CacheModuleOptions | Promise<CacheModuleOptions>;
}

/** A namespace to be injected by `@InjectCache(namespace)`. */
export interface FeatureOptions extends NamespaceOptions {
  readonly namespace: string;
}
