import { z } from 'zod';
import { definePublish } from '../define.ts';

const count = z.int().min(0);
const share = z.number().min(0).max(1).nullable();
const milliseconds = z.number().min(0).nullable();
const seconds = z.number().min(0).nullable();

const durations = z.object({
  count,
  sumSeconds: z.number().min(0),
  p50Seconds: seconds,
  p95Seconds: seconds,
  p99Seconds: seconds,
  maxSeconds: seconds,
});

/** A pool of a replica since its start; the fields are those of OpenTelemetry's conventions for connection pools. */
export const poolStatistics = z.object({
  pool: z.string(),
  count: z.object({ idle: count, used: count }),
  idleMin: count,
  idleMax: count,
  max: count,
  /** Callers that wait now. */
  pendingRequests: count,
  timeouts: count,
  createTime: durations,
  waitTime: durations,
  useTime: durations,
  connecting: count,
  created: count,
  createFailures: count,
  destroyed: count,
  /** Acquires that had to wait because `max` was reached. */
  exhausted: count,
  refused: count,
  leaks: count,
  failedChecks: count,
  /** The latest health check; null before the first. */
  health: z
    .object({ healthy: z.boolean(), at: z.string(), tookMs: z.number().min(0), error: z.string().nullable() })
    .nullable(),
});

const waits = z.object({ count, p50Ms: milliseconds, p95Ms: milliseconds, p99Ms: milliseconds, maxMs: milliseconds });
const refusals = z.record(z.string(), count);

/** What a limiter of a replica did since its start. */
export const limiterStatistics = z.object({
  allowed: count,
  /** By reason: a rate, slots at once, never to be had, a full queue, a wait that took too long. */
  refused: refusals,
  queued: count,
  /** Callers that wait now. */
  waiting: count,
  aborted: count,
  waits,
  lostLeases: count,
  lateGrants: count,
  storeProblems: count,
  /** The part used of the limit of which least was left, over all calls, the later the more they count. */
  utilisation: share,
  limits: z.record(
    z.string(),
    z.object({ kind: z.enum(['rate', 'slots']), refused: refusals, waiting: count, held: count, utilisation: share }),
  ),
  /** The busiest; the utilisation is of their calls. */
  clients: z.record(z.string(), z.object({ allowed: count, refused: count, queued: count, waits, utilisation: share })),
  otherClients: z.object({ allowed: count, refused: count, queued: count }),
});

const kinds = z.record(z.string(), count);

/** Something that a replica depends on, since its start. */
export const dependencyStatistics = z.object({
  name: z.string(),
  calls: count,
  successes: count,
  failures: kinds,
  attempts: count,
  attemptFailures: kinds,
  retries: count,
  /** Retries that there was no budget for. */
  retriesRefused: count,
  fallbacks: count,
  budget: z.object({ calls: count, retries: count, refused: count, balance: z.number() }).nullable(),
  breaker: z
    .object({
      state: z.enum(['closed', 'open', 'half-open']),
      refused: count,
      changes: kinds,
      window: z.object({ calls: count, failures: count, slow: count }),
    })
    .nullable(),
  bulkhead: z.object({ active: count, queued: count, refused: count, waitedTooLong: count }).nullable(),
});

/** The traffic of one replica of a service. */
export const trafficStatistics = z.object({
  service: z.string(),
  replica: z.string(),
  pools: z.array(poolStatistics),
  /** By what they limit: `requests` at a gateway, `messages` at each service. */
  limiters: z.record(z.string(), limiterStatistics),
  dependencies: z.array(dependencyStatistics),
});
export type TrafficStatistics = z.output<typeof trafficStatistics>;

/** Asks every replica for its traffic. */
export const askTrafficStatistics = definePublish('traffic.statistics.ask', z.object({ askId: z.string().max(64) }));

/** A replica's answer to {@link askTrafficStatistics}. */
export const tellTrafficStatistics = definePublish(
  'traffic.statistics.tell',
  z.object({ askId: z.string().max(64), statistics: trafficStatistics }),
);

const ofReplica = { service: z.string(), replica: z.string() };
/** Replicas that were heard of late, and did not answer in time. */
const unanswered = z.array(z.string());

/** The pools of all replicas that answered. */
export const poolsOfAll = z.object({
  data: z.array(poolStatistics.extend(ofReplica)),
  unanswered,
});
export type PoolsOfAll = z.output<typeof poolsOfAll>;

/** The limiters of all replicas that answered. */
export const limitersOfAll = z.object({
  data: z.array(limiterStatistics.extend({ ...ofReplica, limiter: z.string() })),
  unanswered,
});
export type LimitersOfAll = z.output<typeof limitersOfAll>;

/** What all replicas that answered depend on. */
export const dependenciesOfAll = z.object({
  data: z.array(dependencyStatistics.extend(ofReplica)),
  unanswered,
});
export type DependenciesOfAll = z.output<typeof dependenciesOfAll>;
