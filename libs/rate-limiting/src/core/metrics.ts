import type { LimiterStatistics, LimitStatistics } from './statistics.ts';

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

const ALL: readonly Row<LimiterStatistics>[] = [
  ['rate_limit_allowed_total', 'Calls that were allowed.', 'counter', ({ allowed }) => allowed],
  ['rate_limit_queued_total', 'Calls that had to wait for slots.', 'counter', ({ queued }) => queued],
  ['rate_limit_aborted_total', 'Calls ended by their callers while they waited.', 'counter', ({ aborted }) => aborted],
  ['rate_limit_lost_leases_total', 'Slots that ended while they were held.', 'counter', ({ lostLeases }) => lostLeases],
  ['rate_limit_late_grants_total', 'Grants given back, as nobody waited.', 'counter', ({ lateGrants }) => lateGrants],
  [
    'rate_limit_store_problems_total',
    'Calls to the store that failed while nobody waited for them.',
    'counter',
    ({ storeProblems }) => storeProblems,
  ],
];

const LIMITS: readonly Row<LimitStatistics>[] = [
  ['rate_limit_waiting', 'Callers that wait for slots now.', 'gauge', ({ kind, waiting }) => ofSlots(kind, waiting)],
  ['rate_limit_slots_held', 'Slots held by this process.', 'gauge', ({ kind, held }) => ofSlots(kind, held)],
  ['rate_limit_utilisation', 'The part in use, 0 to 1.', 'gauge', ({ utilisation }) => utilisation],
];

/** The statistics as metrics, labelled by limit name and reason; never by client, as there may be any number of these. */
export function rateLimitMetrics(statistics: LimiterStatistics): Metric[] {
  const limits = Object.entries(statistics.limits);
  const refusals = limits.flatMap(([limit, { refused }]) =>
    Object.entries(refused).map(([reason, value]) => ({ labels: { limit, reason }, value })),
  );
  const { p50Ms, p95Ms, p99Ms } = statistics.waits;
  const seconds = [...quantile('0.5', p50Ms), ...quantile('0.95', p95Ms), ...quantile('0.99', p99Ms)];
  return [
    ...ALL.map(([name, help, type, valueOf]) => ({
      ...{ name, help, type },
      samples: [{ labels: {}, value: valueOf(statistics) ?? 0 }],
    })),
    metric('rate_limit_refused_total', 'Calls that were refused.', 'counter', refusals),
    metric('rate_limit_wait_seconds', 'How long those waited that were granted.', 'gauge', seconds),
    ...LIMITS.map(([name, help, type, valueOf]) => {
      const samples = limits.flatMap(([limit, counted]) => sample({ limit }, valueOf(counted)));
      return metric(name, help, type, samples);
    }),
  ].filter(({ samples }) => samples.length > 0);
}

function metric(name: string, help: string, type: Metric['type'], samples: readonly MetricSample[]): Metric {
  return { name, help, type, samples };
}

function sample(labels: MetricSample['labels'], value: number | null): MetricSample[] {
  return value === null ? [] : [{ labels, value }];
}

function quantile(name: string, ms: number | null): MetricSample[] {
  return sample({ quantile: name }, ms === null ? null : ms / 1_000);
}

function ofSlots(kind: LimitStatistics['kind'], count: number): number | null {
  return kind === 'slots' ? count : null;
}
