export { createBreaker, BreakerOpen, type Breaker, type BreakerOptions } from './core/breaker.ts';
export type { InvalidationBus } from './core/bus.ts';
export type { BusOptions } from './core/bus-session.ts';
export { Cache } from './core/cache.ts';
export { Caches, closeTier, openCaches, type CacheProblem, type CachesOptions } from './core/caches.ts';
export type { Clock } from './core/clock.ts';
export type { DurationStatistics } from './core/durations.ts';
export { CacheError, type CacheErrorCode } from './core/errors.ts';
export { fileLoader, type FileContent, type FileLoaderOptions } from './core/file-loader.ts';
export {
  httpLoader,
  HttpLoaderError,
  type HttpLoaderFetch,
  type HttpLoaderRequest,
  type HttpLoaderResponse,
} from './core/http-loader.ts';
export type { Invalidation } from './core/invalidation.ts';
export { key, type KeyPart } from './core/key.ts';
export type { Load, Loader, NotModified, Previous } from './core/loader.ts';
export { cacheMetrics, type Metric, type MetricSample } from './core/metrics.ts';
export type { ComputeOptions, LifeOptions, LoadOptions, NamespaceOptions, SetOptions } from './core/options.ts';
export { CacheResult, type CacheStatus, type EntryDescription } from './core/result.ts';
export type { BusStatistics, CacheStatistics, NamespaceStatistics, TierStatistics } from './core/statistics.ts';
export type {
  FoundEntry,
  LoadLock,
  Lookup,
  Position,
  Store,
  StoredEntry,
  StoreSize,
  StoreStatistics,
  Storing,
} from './core/store.ts';
export type { TierOptions } from './core/tier.ts';
export {
  CacheWarmer,
  type WarmEntry,
  type WarmerOptions,
  type WarmerStatistics,
  type WarmingReport,
  type WarmingSkipped,
  type WarmSource,
} from './core/warmer.ts';
export { CacheModule } from './nest/cache.module.ts';
export { CachedCalls } from './nest/cached-calls.ts';
export { Cached, InvalidateCache } from './nest/cached.decorator.ts';
export type { BrowserOptions, CachedOptions, InvalidateCacheOptions, TagsOption } from './nest/cached-options.ts';
export type { HttpHit } from './nest/http/http-cache.ts';
export { HttpHits } from './nest/http/http-hits.ts';
export type {
  CacheManagerOptions,
  CacheModuleOptions,
  CacheRootAsyncOptions,
  CacheRootOptions,
  FeatureOptions,
  HttpCacheOptions,
} from './nest/module-options.ts';
export { CACHE_MANAGER, cacheToken, InjectCache } from './nest/tokens.ts';
