import { bytes, url } from '@purser/config';

/** The variables of a service's cache. */
export const cacheVariables = {
  REDIS_URL: url({
    optional: true,
    protocols: ['redis:', 'rediss:'],
    description: 'A Redis 7 or Valkey that all replicas of all services share their cache in. Unset: each has its own.',
  }),
  CACHE_MEMORY_BYTES: bytes({
    default: 100_000_000,
    min: 1_000_000,
    max: 64_000_000_000,
    description: 'Memory of a process for what it caches; what is used least goes first.',
  }),
};

/** The values of {@link cacheVariables}. */
export interface CacheConfig {
  readonly REDIS_URL?: string | undefined;
  readonly CACHE_MEMORY_BYTES: number;
}
