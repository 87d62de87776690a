import { Cached } from '@purser/caching';
import { cacheNamespaces, cacheTags } from '@purser/contracts';

/** What is kept longer than it is true, where a replica was ended between its commit and telling the others. */
const LIFE_MS = 30_000;

/**
 * Of a handler that reads accounts, keys, providers, models or routes: its answers are kept until the configuration is
 * written to. Never of what has money in it, which moves by itself.
 */
export const CachedConfiguration = (): MethodDecorator =>
  Cached({ namespace: cacheNamespaces.configuration, tags: [cacheTags.configuration], ttl: LIFE_MS });
