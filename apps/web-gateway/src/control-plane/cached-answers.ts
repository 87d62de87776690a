import { Cached } from '@purser/caching';
import { cacheNamespaces, cacheTags } from '@purser/contracts';

/** What is kept longer than it is true, where a service was ended between its commit and telling. */
const LIFE_MS = 30_000;
/** Sums end with the hour that runs, so that they are another's soon, also where nothing comes in. */
const SUMS_LIFE_MS = 2_000;

interface Kind {
  readonly namespace: string;
  readonly tags: readonly string[];
  readonly ttl?: number;
  readonly vary?: readonly string[];
}

/**
 * Of a controller, or a method of one: its answers to GET are kept until who owns what they show says that it changed, and
 * given to whoever `sharersOf` says may have them. Never for what has money in it, secrets, logs or files.
 */
function CachedAnswers({ namespace, tags, ttl = LIFE_MS, vary }: Kind): ClassDecorator & MethodDecorator {
  // Freshness is ours to keep: a client that could ask for a new answer could have everything read again and again.
  return Cached({ namespace, tags, ttl, vary, clientMayRefresh: false });
}

export const CachedCatalogue = (vary?: readonly string[]) =>
  CachedAnswers({ namespace: cacheNamespaces.catalogue, tags: [cacheTags.catalogue], vary });

export const CachedConfiguration = () =>
  CachedAnswers({ namespace: cacheNamespaces.configuration, tags: [cacheTags.configuration] });

export const CachedSums = () =>
  CachedAnswers({ namespace: cacheNamespaces.usage, tags: [cacheTags.usage], ttl: SUMS_LIFE_MS });

export const CachedWorkEfforts = () =>
  CachedAnswers({ namespace: cacheNamespaces.workEfforts, tags: [cacheTags.workEfforts] });

export const CachedSources = () => CachedAnswers({ namespace: cacheNamespaces.workEfforts, tags: [cacheTags.sources] });
