import { Cached } from '@purser/caching';
import { cacheNamespaces, cacheTags } from '@purser/contracts';

/** What is kept longer than it is true, where a replica was ended between its commit and telling the others. */
const CATALOGUE_LIFE_MS = 30_000;
/** Sums end with the hour that runs, so that they are another's soon, also where nothing comes in. */
const SUMS_LIFE_MS = 5_000;

/** Of a handler that reads the catalogue: its answers are kept until the catalogue is written to. */
export const CachedCatalogue = (): MethodDecorator =>
  Cached({ namespace: cacheNamespaces.catalogue, tags: [cacheTags.catalogue], ttl: CATALOGUE_LIFE_MS });

/** Of a handler that sums usage up: its answers are kept until usage is taken in. */
export const CachedSums = (): MethodDecorator =>
  Cached({ namespace: cacheNamespaces.usage, tags: [cacheTags.usage], ttl: SUMS_LIFE_MS });
