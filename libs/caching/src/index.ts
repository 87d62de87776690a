export * from './core/index.ts';
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
