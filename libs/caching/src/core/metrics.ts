import type { CacheStatistics } from './statistics.ts';
import type { WarmerStatistics } from './warmer.ts';

/** One value of a metric. */
export interface MetricSample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A metric as any registry or text format can show it; named as Prometheus' conventions have it. */
export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge';
  readonly samples: readonly MetricSample[];
}

type Row<T> = readonly [name: string, help: string, type: Metric['type'], value: (of: T) => number | null];

const TIERS: readonly Row<CacheStatistics['tiers'][number]>[] = [
  [
    'cache_tier_up',
    'Whether the tier is used; 0 while it fails.',
    'gauge',
    ({ state }) => Number(state === 'available'),
  ],
  ['cache_tier_hits_total', 'Entries that the tier had.', 'counter', ({ hits }) => hits],
  ['cache_tier_misses_total', 'Entries that the tier did not have.', 'counter', ({ misses }) => misses],
  ['cache_tier_sets_total', 'Entries that the tier kept.', 'counter', ({ sets }) => sets],
  ['cache_tier_refused_total', 'Entries invalidated while they were loaded.', 'counter', ({ refused }) => refused],
  ['cache_tier_evictions_total', 'Entries given up for room.', 'counter', ({ evictions }) => evictions],
  [
    'cache_tier_expirations_total',
    'Entries removed at the end of their life.',
    'counter',
    ({ expirations }) => expirations,
  ],
  [
    'cache_tier_unreadable_total',
    'Entries that were there and could not be read.',
    'counter',
    ({ unreadable = null }) => unreadable,
  ],
  [
    'cache_tier_write_failures_total',
    'Entries that could not be written.',
    'counter',
    ({ writeFailures = null }) => writeFailures,
  ],
  ['cache_tier_errors_total', 'Calls to the tier that failed.', 'counter', ({ errors }) => errors],
  ['cache_tier_skipped_total', 'Calls kept away from the tier.', 'counter', ({ skipped }) => skipped],
  [
    'cache_tier_pending_invalidations',
    'Invalidations that the tier is yet to be told.',
    'gauge',
    ({ pendingInvalidations }) => pendingInvalidations,
  ],
  ['cache_tier_bytes', 'What the entries of the tier take.', 'gauge', ({ bytes }) => bytes],
  ['cache_tier_max_bytes', 'The room of the tier.', 'gauge', ({ maxBytes }) => maxBytes],
  ['cache_tier_entries', 'Entries in the tier.', 'gauge', ({ entries }) => entries],
];

const NAMESPACES: readonly Row<CacheStatistics['namespaces'][string]>[] = [
  ['cache_hits_total', 'Values given out of a tier.', 'counter', ({ hits }) => hits],
  ['cache_misses_total', 'Values that no tier had.', 'counter', ({ misses }) => misses],
  ['cache_stale_served_total', 'Values given out after their life.', 'counter', ({ staleServed }) => staleServed],
  [
    'cache_stampedes_joined_total',
    "Calls that waited for another's load.",
    'counter',
    ({ stampedesJoined }) => stampedesJoined,
  ],
  ['cache_loads_total', 'Loads from the source.', 'counter', ({ loads }) => loads],
  ['cache_load_errors_total', 'Loads that failed.', 'counter', ({ loadErrors }) => loadErrors],
  ['cache_not_modified_total', 'Loads that found nothing changed.', 'counter', ({ notModified }) => notModified],
  ['cache_bad_calls_total', 'Calls with a bad key, value or option.', 'counter', ({ badCalls }) => badCalls],
  ['cache_invalidations_total', 'Invalidations asked for here.', 'counter', ({ invalidations }) => invalidations],
];

const BUS: readonly Row<NonNullable<CacheStatistics['bus']>>[] = [
  [
    'cache_bus_up',
    'Whether other replicas are heard; 0 while they are not.',
    'gauge',
    ({ state }) => Number(state === 'connected'),
  ],
  ['cache_bus_published_total', 'Messages sent to other replicas.', 'counter', ({ published }) => published],
  ['cache_bus_received_total', 'Messages of other replicas.', 'counter', ({ received }) => received],
  [
    'cache_bus_unconfirmed_total',
    'Invalidations that did not come back in time.',
    'counter',
    ({ unconfirmed }) => unconfirmed,
  ],
  ['cache_bus_gaps_total', 'Times that messages were missing.', 'counter', ({ gaps }) => gaps],
  ['cache_bus_silences_total', 'Times that the bus was silent for too long.', 'counter', ({ silences }) => silences],
  ['cache_bus_errors_total', 'Failures of the bus.', 'counter', ({ errors }) => errors],
];

const WARMING: readonly Row<WarmerStatistics['sources'][number]>[] = [
  ['cache_warming_loaded', 'Entries loaded by the latest warming.', 'gauge', ({ warmed }) => warmed],
  ['cache_warming_fresh', 'Entries that the latest warming found there.', 'gauge', ({ fresh }) => fresh],
  ['cache_warming_failed', 'Entries that the latest warming could not load.', 'gauge', ({ failed }) => failed],
  ['cache_warming_seconds', 'How long the latest warming took.', 'gauge', ({ durationMs }) => durationMs / 1_000],
];

/**
 * The statistics as metrics, labelled by tier, namespace or source; a metric is left out where nothing is known of it. The
 * load times are a gauge by quantile.
 */
export function cacheMetrics(statistics: CacheStatistics, warming?: WarmerStatistics): Metric[] {
  const { tiers, namespaces, loadTimes, bus } = statistics;
  const seconds = (quantile: string, ms: number | null): MetricSample[] =>
    ms === null ? [] : [{ labels: { quantile }, value: ms / 1_000 }];
  const quantiles = [
    ...seconds('0.5', loadTimes.p50Ms),
    ...seconds('0.95', loadTimes.p95Ms),
    ...seconds('0.99', loadTimes.p99Ms),
  ];
  const loads: Metric = { name: 'cache_load_seconds', help: 'How long loads took.', type: 'gauge', samples: quantiles };
  return [
    ...metricsOf(
      TIERS,
      tiers.map((tier) => [{ tier: tier.name }, tier]),
    ),
    ...metricsOf(
      NAMESPACES,
      Object.entries(namespaces).map(([namespace, counted]) => [{ namespace }, counted]),
    ),
    ...metricsOf(BUS, bus === null ? [] : [[{}, bus]]),
    ...metricsOf(
      WARMING,
      (warming?.sources ?? []).map((source) => [{ source: source.name }, source]),
    ),
    loads,
  ].filter(({ samples }) => samples.length > 0);
}

function metricsOf<T>(rows: readonly Row<T>[], of: readonly (readonly [MetricSample['labels'], T])[]): Metric[] {
  return rows.map(([name, help, type, valueOf]) => ({
    name,
    help,
    type,
    samples: of.flatMap(([labels, counted]) => {
      const value = valueOf(counted);
      return value === null ? [] : [{ labels, value }];
    }),
  }));
}
