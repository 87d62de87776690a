import { Inject } from '@nestjs/common';

/** The token of `@nestjs/cache-manager`: what injects it there gets a cache-manager `Cache` over our tiers here. */
export const CACHE_MANAGER = 'CACHE_MANAGER';

/** What `CacheModule.forFeature(namespace)` provides its `Cache` by. */
export function cacheToken(namespace: string): string {
  return `purser:cache:${namespace}`;
}

/** Injects the `Cache` of a namespace that `CacheModule.forFeature` declares. */
export function InjectCache(namespace: string): ReturnType<typeof Inject> {
  return Inject(cacheToken(namespace));
}
