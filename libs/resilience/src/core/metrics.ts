import type { DependencyStatistics } from './dependency-statistics.ts';

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

type Values = (of: DependencyStatistics) => number | null | Readonly<Record<string, number>>;
type Row = readonly [name: string, help: string, type: Metric['type'], label: string | null, values: Values];

const STATES = { closed: 0, 'half-open': 1, open: 2 } as const;

const ROWS: readonly Row[] = [
  ['calls_total', 'Calls of the dependency that were asked for.', 'counter', null, ({ calls }) => calls],
  ['successes_total', 'Calls that succeeded.', 'counter', null, ({ successes }) => successes],
  ['failures_total', 'Calls that failed in the end, by what failed them.', 'counter', 'kind', (of) => of.failures],
  ['attempts_total', 'Times that the dependency was asked.', 'counter', null, ({ attempts }) => attempts],
  [
    'attempt_failures_total',
    'Attempts that failed, by what failed them.',
    'counter',
    'kind',
    ({ attemptFailures }) => attemptFailures,
  ],
  ['retries_total', 'Attempts after the first.', 'counter', null, ({ retries }) => retries],
  [
    'retries_refused_total',
    'Retries that there was no budget for.',
    'counter',
    null,
    ({ retriesRefused }) => retriesRefused,
  ],
  ['retry_budget', 'Retries that there is a budget for now.', 'gauge', null, ({ budget }) => budget?.balance ?? null],
  ['fallbacks_total', 'Calls that the fallback answered.', 'counter', null, ({ fallbacks }) => fallbacks],
  [
    'breaker_state',
    'Of the breaker: 0 closed, 1 half open, 2 open.',
    'gauge',
    null,
    ({ breaker }) => breaker && STATES[breaker.state],
  ],
  [
    'breaker_changes_total',
    'How often the breaker changed to a state.',
    'counter',
    'to',
    ({ breaker }) => breaker && breaker.changes,
  ],
  [
    'breaker_refused_total',
    'Attempts that the breaker refused.',
    'counter',
    null,
    ({ breaker }) => breaker && breaker.refused,
  ],
  [
    'bulkhead_active',
    'Attempts under way in the bulkhead.',
    'gauge',
    null,
    ({ bulkhead }) => bulkhead && bulkhead.active,
  ],
  [
    'bulkhead_queued',
    'Attempts that wait for a place in the bulkhead.',
    'gauge',
    null,
    ({ bulkhead }) => bulkhead && bulkhead.queued,
  ],
  [
    'bulkhead_refused_total',
    'Attempts that the bulkhead refused, at once or after their wait.',
    'counter',
    null,
    ({ bulkhead }) => bulkhead && bulkhead.refused + bulkhead.waitedTooLong,
  ],
];

/** The statistics of dependencies as metrics `dependency_*`, labelled by dependency; without those of policies that are not declared. */
export function resilienceMetrics(dependencies: readonly DependencyStatistics[]): Metric[] {
  return ROWS.map(([name, help, type, label, values]) => ({
    name: `dependency_${name}`,
    help,
    type,
    samples: dependencies.flatMap((of) => samplesOf(of.name, label, values(of))),
  })).filter(({ samples }) => samples.length > 0);
}

function samplesOf(dependency: string, label: string | null, values: ReturnType<Values>): MetricSample[] {
  if (values === null) return [];
  if (typeof values === 'number') return [{ labels: { dependency }, value: values }];
  return Object.entries(values).map(([key, value]) => ({ labels: { dependency, [label ?? 'kind']: key }, value }));
}
