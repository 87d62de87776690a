import type { DurationStats } from './durations.ts';
import type { PoolStats } from './pool.ts';

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

type Row = readonly [name: string, help: string, type: Metric['type'], value: (stats: PoolStats) => number | null];

const ROWS: readonly Row[] = [
  ['idle_min', 'Connections that are kept open at least.', 'gauge', ({ idleMin }) => idleMin],
  ['idle_max', 'Connections that may be idle at most.', 'gauge', ({ idleMax }) => idleMax],
  ['max', 'Connections that may be open.', 'gauge', ({ max }) => max],
  ['connecting', 'Connections on their way.', 'gauge', ({ connecting }) => connecting],
  ['pending_requests', 'Callers that wait for a connection.', 'gauge', ({ pendingRequests }) => pendingRequests],
  ['timeouts_total', 'Waits for a connection that ended with none.', 'counter', ({ timeouts }) => timeouts],
  ['exhausted_total', 'Acquires that had to wait because all were in use.', 'counter', ({ exhausted }) => exhausted],
  ['refused_total', 'Acquires that were refused without a wait, or for want of a peer.', 'counter', (s) => s.refused],
  ['created_total', 'Connections made.', 'counter', ({ created }) => created],
  ['create_failures_total', 'Connections that could not be made.', 'counter', ({ createFailures }) => createFailures],
  ['destroyed_total', 'Connections ended.', 'counter', ({ destroyed }) => destroyed],
  ['leaks_total', 'Leases that were reported for being out too long.', 'counter', ({ leaks }) => leaks],
  ['failed_checks_total', 'Checks that found a dead connection.', 'counter', ({ failedChecks }) => failedChecks],
  ['healthy', 'Whether the latest health check passed.', 'gauge', ({ health }) => health && Number(health.healthy)],
];

const TIMES: readonly (readonly [name: string, help: string, of: (stats: PoolStats) => DurationStats])[] = [
  ['create_time', 'How long connections took to make.', ({ createTime }) => createTime],
  ['wait_time', 'How long callers waited for a connection.', ({ waitTime }) => waitTime],
  ['use_time', 'How long connections were out.', ({ useTime }) => useTime],
];

/**
 * The statistics of any pools as metrics `pool_*`, each sample with the label `pool`; after OpenTelemetry's
 * `db.client.connection.*`. Times are gauges in seconds by quantile, with a counter of how many there were and one of
 * their sum. A metric is left out where nothing is known of it.
 */
export function poolMetrics(pools: readonly PoolStats[]): Metric[] {
  return [
    countByState(pools),
    ...ROWS.map((row) => metricOf(row, pools)),
    ...TIMES.flatMap((row) => timesOf(row, pools)),
  ].filter(({ samples }) => samples.length > 0);
}

function countByState(pools: readonly PoolStats[]): Metric {
  const samples = pools.flatMap(({ pool, count: { idle, used } }) => [
    { labels: { pool, state: 'idle' }, value: idle },
    { labels: { pool, state: 'used' }, value: used },
  ]);
  return { name: 'pool_connections', help: 'Open connections by state.', type: 'gauge', samples };
}

function metricOf([name, help, type, valueOf]: Row, pools: readonly PoolStats[]): Metric {
  const samples = pools.flatMap((stats) => {
    const value = valueOf(stats);
    return value === null ? [] : [{ labels: { pool: stats.pool }, value }];
  });
  return { name: `pool_${name}`, help, type, samples };
}

function timesOf([name, help, of]: (typeof TIMES)[number], pools: readonly PoolStats[]): Metric[] {
  const quantiles = pools.flatMap((stats) => {
    const { p50Seconds, p95Seconds, p99Seconds } = of(stats);
    const values = { '0.5': p50Seconds, '0.95': p95Seconds, '0.99': p99Seconds };
    return Object.entries(values).flatMap(([quantile, value]) =>
      value === null ? [] : [{ labels: { pool: stats.pool, quantile }, value }],
    );
  });
  const count: Row = [`${name}_count_total`, `${help} Their number.`, 'counter', (stats) => of(stats).count];
  const sum: Row = [`${name}_seconds_total`, `${help} In all.`, 'counter', (stats) => of(stats).sumSeconds];
  return [
    { name: `pool_${name}_seconds`, help, type: 'gauge', samples: quantiles },
    metricOf(count, pools),
    metricOf(sum, pools),
  ];
}
