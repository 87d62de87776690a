import { Inject } from '@nestjs/common';

/** The token of `@nestjs/cache-manager`: what injects it there gets a cache-manager `Cache` over our tiers here. */
export const CACHE_MANAGER = 'CACHE_MANAGER';

/** What the decorators' interceptors inject: Nest shows these names to who has not imported the module. */
export const FOR_CACHED = 'CacheModule.forRoot() of @purser/caching, for @Cached';
export const FOR_INVALIDATE_CACHE = 'CacheModule.forRoot() of @purser/caching, for @InvalidateCache';

/** What `CacheModule.forFeature(namespace)` provides its `Cache` by. */
export function cacheToken(namespace: string): string {
  return `purser:cache:${namespace}`;
}

/** Injects the `Cache` of a namespace that `CacheModule.forFeature` declares. */
export function InjectCache(namespace: string): ReturnType<typeof Inject> {
  return Inject(cacheToken(namespace));
}
