import { z } from 'zod';
import { definePublish } from '../define.ts';

/** What replicas' caches tell each other. The caching library says, and checks, what is in it. */
export const cacheMessages = definePublish('caching.messages', z.unknown());

const count = z.int().min(0);
const rate = z.number().min(0).max(1).nullable();
const milliseconds = z.number().min(0).nullable();

/** A tier of a replica's cache since its start. */
export const cacheTier = z.object({
  name: z.string(),
  state: z.enum(['available', 'unavailable']),
  hits: count,
  misses: count,
  hitRate: rate,
  sets: count,
  /** Not kept, because they had been invalidated while they were loaded. */
  refused: count,
  evictions: count,
  expirations: count,
  errors: count,
  skipped: count,
  pendingInvalidations: count,
  /** What it holds; null where finding out would be dear. */
  bytes: count.nullable(),
  maxBytes: count.nullable(),
  entries: count.nullable(),
});

/** A namespace of a replica's cache since its start. */
export const cacheNamespace = z.object({
  /** Nothing of it leaves its process. */
  local: z.boolean(),
  hits: count,
  misses: count,
  hitRate: rate,
  staleServed: count,
  stampedesJoined: count,
  loads: count,
  loadErrors: count,
  notModified: count,
  badCalls: count,
  invalidations: count,
});

/** What a replica loaded before it was asked for. */
export const cacheWarming = z.object({
  state: z.enum(['idle', 'warming', 'waiting', 'stopped']),
  rounds: count,
  /** What the latest round did, by source. */
  sources: z.array(
    z.object({
      name: z.string(),
      startedAt: z.string(),
      durationMs: z.number(),
      warmed: count,
      /** That a tier had. */
      fresh: count,
      failed: count,
      /** Null where all entries were seen to. */
      skippedBecause: z.string().nullable(),
    }),
  ),
});

/** The cache of one replica of a service. */
export const cacheStatistics = z.object({
  service: z.string(),
  replica: z.string(),
  tiers: z.array(cacheTier),
  namespaces: z.record(z.string(), cacheNamespace),
  warming: cacheWarming,
  loadTimes: z.object({
    count,
    p50Ms: milliseconds,
    p95Ms: milliseconds,
    p99Ms: milliseconds,
    maxMs: milliseconds,
  }),
  bus: z
    .object({
      state: z.enum(['connected', 'silent']),
      /** The other replicas that it heard of late. */
      others: z.array(z.string()),
      published: count,
      received: count,
      unconfirmed: count,
      gaps: count,
      silences: count,
      errors: count,
    })
    .nullable(),
});
export type CacheStatisticsOfReplica = z.output<typeof cacheStatistics>;

/** Asks every replica for its statistics, all at once. */
export const askCacheStatistics = definePublish('caching.statistics.ask', z.object({ askId: z.string().max(64) }));

/** A replica's answer to {@link askCacheStatistics}. */
export const tellCacheStatistics = definePublish(
  'caching.statistics.tell',
  z.object({ askId: z.string().max(64), statistics: cacheStatistics }),
);

/** The caches of all replicas that answered. */
export const cacheStatisticsOfAll = z.object({
  /** Over all replicas and namespaces, since each replica's start. */
  totals: cacheNamespace.omit({ local: true }),
  data: z.array(cacheStatistics),
  /** Replicas that were heard of late, and did not answer in time. */
  unanswered: z.array(z.string()),
});
export type CacheStatisticsOfAll = z.output<typeof cacheStatisticsOfAll>;

const name = z.string().min(1, 'must have 1 to 256 characters').max(256, 'must have 1 to 256 characters');
const cacheKey = z.string().min(1, 'must have 1 to 1024 characters').max(1_024, 'must have 1 to 1024 characters');

/** What is to be forgotten, in every replica. */
export const cacheInvalidation = z
  .strictObject({
    /** Everything with this tag. */
    tag: name.optional(),
    /** This key. */
    key: cacheKey.optional(),
    /** Every key that matches: `*` is any characters, `?` one, a backslash takes the next literally. */
    pattern: cacheKey.optional(),
    /** The namespace; every one that services share or any replica has told of, without. */
    namespace: name.optional(),
  })
  .refine(({ tag, key, pattern }) => [tag, key, pattern].filter((each) => each !== undefined).length === 1, {
    message: 'must have exactly one of tag, key and pattern',
  });

/** What was forgotten, and where. */
export const cacheInvalidated = z.object({ namespaces: z.array(z.string()) });
