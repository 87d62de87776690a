export { createBreaker, BreakerOpen, type Breaker, type BreakerOptions } from './breaker.ts';
export type { InvalidationBus } from './bus.ts';
export type { BusOptions } from './bus-session.ts';
export { Cache } from './cache.ts';
export { Caches, closeTier, openCaches, type CacheProblem, type CachesOptions } from './caches.ts';
export type { Clock } from './clock.ts';
export type { DurationStatistics } from './durations.ts';
export { CacheError, type CacheErrorCode } from './errors.ts';
export { fileLoader, type FileContent, type FileLoaderOptions } from './file-loader.ts';
export {
  httpLoader,
  HttpLoaderError,
  type HttpLoaderFetch,
  type HttpLoaderRequest,
  type HttpLoaderResponse,
} from './http-loader.ts';
export type { Invalidation } from './invalidation.ts';
export { key, type KeyPart } from './key.ts';
export type { Load, Loader, NotModified, Previous } from './loader.ts';
export { cacheMetrics, type Metric, type MetricSample } from './metrics.ts';
export type { ComputeOptions, LifeOptions, LoadOptions, NamespaceOptions, SetOptions } from './options.ts';
export { CacheResult, type CacheStatus, type EntryDescription } from './result.ts';
export type { BusStatistics, CacheStatistics, NamespaceStatistics, TierStatistics } from './statistics.ts';
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
} from './store.ts';
export type { TierOptions } from './tier.ts';
export {
  CacheWarmer,
  type WarmEntry,
  type WarmerOptions,
  type WarmerStatistics,
  type WarmingReport,
  type WarmingSkipped,
  type WarmSource,
} from './warmer.ts';
