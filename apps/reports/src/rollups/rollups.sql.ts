import type { SpanPart } from './span-parts.ts';
import type { UsageDimension } from '@purser/contracts';

/** Which usage is meant; `visibleTo` are the accounts that the asker may see. */
export interface UsageScope {
  readonly accountId?: string | undefined;
  readonly keyId?: string | undefined;
  readonly provider?: string | undefined;
  readonly model?: string | undefined;
  readonly route?: string | undefined;
  readonly visibleTo?: readonly string[] | undefined;
}

/** Part of a span that is told apart from others by its label. */
export interface LabelledPart extends SpanPart {
  readonly label?: string;
}

/** The end of a SELECT, and its values; further values come after these. */
export interface FromUsage {
  readonly text: string;
  readonly values: unknown[];
}

export const COLUMNS: Readonly<Record<UsageDimension, string>> = {
  account: 'account_id',
  key: 'key_id',
  provider: 'provider',
  model: 'model',
  route: 'route',
};

/** The answer was whole, or nobody waited for it any more; only what is left counts as an error. */
export const IS_ERROR = `reason NOT IN ('ok', 'no-usage', 'client-gone')`;

/** The histogram of a column of usage rows. */
export function histogramOf(column: string): string {
  return `histogram_of(coalesce(array_agg(latency_bucket(${column})) FILTER (WHERE ${column} IS NOT NULL), '{}'))`;
}

/** The sums, as text of whole numbers, of what {@link fromUsage} gives. */
export const SUMS = `
  coalesce(sum(requests), 0) AS requests,
  coalesce(sum(errors), 0) AS errors,
  coalesce(sum(estimated), 0) AS estimated,
  coalesce(sum(overruns), 0) AS overruns,
  coalesce(sum(input_tokens), 0) AS input_tokens,
  coalesce(sum(output_tokens), 0) AS output_tokens,
  coalesce(sum(cached_input_tokens), 0) AS cached_input_tokens,
  coalesce(sum(cost_nanos), 0) AS cost_nanos`;

const LATENCIES_OF_ROLLUP = ', latency_us, first_bytes, first_byte_us, latency, first_byte';

/** What a row of usage counts for, as a rollup would count it. */
const ROW = `1::bigint, (${IS_ERROR})::int::bigint, estimated::int::bigint, overrun::int::bigint, input_tokens, output_tokens,
        cached_input_tokens, cost_nanos::numeric`;

/** What rows count for together. Their histograms are made here, since to merge one for each row takes far longer. */
const ROWS_TOGETHER = `count(*), count(*) FILTER (WHERE ${IS_ERROR}), count(*) FILTER (WHERE estimated),
        count(*) FILTER (WHERE overrun), sum(input_tokens)::bigint, sum(output_tokens)::bigint,
        sum(cached_input_tokens)::bigint, sum(cost_nanos), sum(latency_us(latency_ms))::bigint, count(first_byte_ms),
        coalesce(sum(latency_us(first_byte_ms)), 0)::bigint, ${histogramOf('latency_ms')}, ${histogramOf('first_byte_ms')}`;

const EQUAL = {
  accountId: 'account_id',
  keyId: 'key_id',
  provider: 'provider',
  model: 'model',
  route: 'route',
} as const;

/**
 * The usage in these parts of time: a FROM clause that gives rows of rollups and, for the grain `row`, of attempts, alike.
 * Latencies, which cost most to read, only where they are wanted; attempts of one part and group are one row then, with
 * the time of the first of them. Types are cast to be the same in both halves: else the
 * planner could not take them apart. All that one statement reads is of one moment, so a rollup and the rows that
 * it was kept with are seen together or not at all.
 */
export function fromUsage(parts: readonly LabelledPart[], scope: UsageScope, withLatencies = false): FromUsage {
  const values: unknown[] = [
    parts.map(({ grain }) => grain),
    parts.map(({ from }) => from),
    parts.map(({ to }) => to),
    parts.map(({ label }) => label ?? null),
  ];
  const conditions = conditionsOf(scope, values);
  const text = `
    FROM unnest($1::text[], $2::timestamptz[], $3::timestamptz[], $4::text[]) AS part (grain, starts, ends, label)
    CROSS JOIN LATERAL (
      SELECT at, account_id, key_id, provider, model, route, requests, errors, estimated, overruns, input_tokens,
        output_tokens, cached_input_tokens, cost_nanos${withLatencies ? LATENCIES_OF_ROLLUP : ''}
      FROM usage_rollups AS usage
      WHERE usage.grain = part.grain AND at >= part.starts AND at < part.ends${conditions}
      UNION ALL
      SELECT ${withLatencies ? 'min(at)' : 'at'}, account_id, key_id, provider, model, route,
        ${withLatencies ? ROWS_TOGETHER : ROW}
      FROM usage_events AS usage
      WHERE part.grain = 'row' AND at >= part.starts AND at < part.ends${conditions}
      ${withLatencies ? 'GROUP BY account_id, key_id, provider, model, route' : ''}
    ) AS used`;
  return { text, values };
}

function conditionsOf(scope: UsageScope, values: unknown[]): string {
  let text = '';
  for (const [name, column] of Object.entries(EQUAL)) {
    const value = scope[name as keyof typeof EQUAL];
    if (value !== undefined) text += ` AND usage.${column} = $${values.push(value)}`;
  }
  if (scope.visibleTo) text += ` AND usage.account_id = ANY ($${values.push(scope.visibleTo)}::uuid[])`;
  return text;
}
