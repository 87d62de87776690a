export { cacheVariables, type CacheConfig } from './cache-variables.ts';
export { CacheFleet, UnknownNamespace, type CacheFleetOptions } from './cache-fleet.ts';
export type { ServiceCachingOptions } from './caches-options.ts';
export { ServiceCachingModule } from './service-caching.module.ts';
export { onceAMinute } from './once-a-minute.ts';
