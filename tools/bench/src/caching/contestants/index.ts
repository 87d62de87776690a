import type { Contestant } from '../contestant.ts';

interface Entrant {
  /** As tables name it. */
  readonly label: string;
  /** What npm calls it. */
  readonly packageName: string;
  /** In the process that measures it: it shall hold nothing of the others. */
  readonly load: () => Promise<Contestant>;
}

/** By the names that jobs use. */
export const contestants = {
  purser: {
    label: 'Purser getOrCompute',
    packageName: '@purser/caching',
    load: async () => (await import('./purser.ts')).purser,
  },
  bentocache: {
    label: 'bentocache getOrSet, serialize: false',
    packageName: 'bentocache',
    load: async () => (await import('./bentocache.ts')).bentocache,
  },
  bentocacheJson: {
    label: 'bentocache getOrSet, as it comes (JSON)',
    packageName: 'bentocache',
    load: async () => (await import('./bentocache.ts')).bentocacheJson,
  },
  cacheManager: {
    label: 'cache-manager wrap',
    packageName: 'cache-manager',
    load: async () => (await import('./cache-manager.ts')).cacheManager,
  },
  cacheable: {
    label: 'cacheable getOrSet, useClone: false',
    packageName: 'cacheable',
    load: async () => (await import('./cacheable.ts')).cacheable,
  },
  lruFetch: {
    label: 'lru-cache fetch',
    packageName: 'lru-cache',
    load: async () => (await import('./lru-cache.ts')).lruFetch,
  },
  lruGet: {
    label: 'lru-cache get and set by hand',
    packageName: 'lru-cache',
    load: async () => (await import('./lru-cache.ts')).lruGet,
  },
} satisfies Record<string, Entrant>;

export type ContestantName = keyof typeof contestants;
