import { Injectable } from '@nestjs/common';
import type { UsageDimension, UsageMeasure } from '@purser/contracts';
import { Database } from '@purser/database';
import type { Histogram } from './histogram.ts';
import { COLUMNS, fromUsage, SUMS, type UsageScope } from './rollups.sql.ts';
import type { Interval } from './span.ts';
import type { SpanPart } from './span-parts.ts';
import type { Sums } from './sums.ts';

/** The values of the dimensions that a row is grouped by. */
export type Group = Partial<Record<UsageDimension, string>>;
export type IntervalSums = Group & Sums & { readonly at: Date };

/** What latencies are told from: `*_us` are sums of microseconds. */
export interface Latencies {
  readonly requests: string;
  readonly latency_us: string;
  readonly first_bytes: string;
  readonly first_byte_us: string;
  readonly latency: Histogram;
  readonly firstByte: Histogram;
}

/** The same as it is read. */
type LatencyRow = Omit<Latencies, 'latency' | 'firstByte'> & {
  readonly latency: (string | null)[] | null;
  readonly latency_first: number | null;
  readonly first_byte: (string | null)[] | null;
  readonly first_byte_first: number | null;
};

const MEASURES: Readonly<Record<UsageMeasure, string>> = {
  cost: 'sum(cost_nanos)',
  requests: 'sum(requests)',
  tokens: 'sum(input_tokens + output_tokens)',
  errors: 'sum(errors)',
};

/** What {@link latenciesOf} reads. The driver forgets where an array begins, so that is asked for beside it. */
const LATENCIES = `requests, latency_us, first_bytes, first_byte_us, latency, first_byte,
  array_lower(latency, 1) AS latency_first, array_lower(first_byte, 1) AS first_byte_first`;

/**
 * Sums of usage, from rollups and, at the edges of a span, from rows. Exact; takes no locks. From the replica where there is
 * one: whoever took usage in reads none of it back, and what is kept of the sums is kept for seconds.
 */
@Injectable()
export class RollupsRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Sums by interval (in UTC) and group, oldest first, at most `limit` groups. Intervals without usage are left out. */
  async byInterval(
    parts: readonly SpanPart[],
    scope: UsageScope,
    interval: Interval,
    groupBy: readonly UsageDimension[],
    limit: number,
  ): Promise<IntervalSums[]> {
    const { text, values } = fromUsage(parts, scope);
    const keys = keysUpTo(groupBy.length + 1);
    const at = `date_trunc($${values.push(interval)}, at, 'UTC') AS at`;
    return this.#read<IntervalSums>(
      `SELECT ${[at, ...groupBy.map(named)].join(', ')}, ${SUMS} ${text} GROUP BY ${keys} ORDER BY ${keys} LIMIT ${limit}`,
      values,
    );
  }

  /** The values of a dimension that have most of `by`, at most `limit`, and the sums over all of them. */
  async top(
    parts: readonly SpanPart[],
    scope: UsageScope,
    dimension: UsageDimension,
    by: UsageMeasure,
    limit: number,
  ): Promise<{ totals: Sums; data: (Group & Sums)[] }> {
    const { text, values } = fromUsage(parts, scope);
    const column = COLUMNS[dimension];
    const rows = await this.#read<Group & Sums>(
      `SELECT ${named(dimension)}, ${SUMS} ${text} GROUP BY GROUPING SETS ((${column}), ())
       ORDER BY grouping(${column}) DESC, ${MEASURES[by]} DESC, ${column} LIMIT ${limit + 1}`,
      values,
    );
    const [totals, ...data] = rows;
    return { totals: totals!, data };
  }

  /** Latencies by group, the group with most attempts first, at most `limit` groups. */
  async latencies(
    parts: readonly SpanPart[],
    scope: UsageScope,
    groupBy: readonly UsageDimension[],
    limit: number,
  ): Promise<(Group & Latencies)[]> {
    const { text, values } = fromUsage(parts, scope, true);
    const groups = groupBy.map((dimension) => `${named(dimension)}, `).join('');
    const grouping = groupBy.length > 0 ? `GROUP BY ${keysUpTo(groupBy.length)}` : '';
    const order = ['requests DESC', ...groupBy].join(', ');
    const rows = await this.#read<Group & LatencyRow>(
      `SELECT ${groupBy.map((dimension) => `${dimension}, `).join('')}${LATENCIES}
       FROM (SELECT ${groups} coalesce(sum(requests), 0) AS requests, coalesce(sum(latency_us), 0) AS latency_us,
           coalesce(sum(first_bytes), 0) AS first_bytes, coalesce(sum(first_byte_us), 0) AS first_byte_us,
           histogram_sum(latency) AS latency, histogram_sum(first_byte) AS first_byte ${text} ${grouping}) AS sums
       ORDER BY ${order} LIMIT ${limit}`,
      values,
    );
    return rows.map((row) => ({ ...groupOf(row, groupBy), ...latenciesOf(row) }));
  }

  #read<R extends object>(text: string, values: readonly unknown[]): Promise<R[]> {
    return this.#database.readOnly(() => this.#database.query<R>(text, values));
  }
}

/** A dimension under its own name. */
export function named(dimension: UsageDimension): string {
  return `${COLUMNS[dimension]} AS ${dimension}`;
}

function keysUpTo(count: number): string {
  return Array.from({ length: count }, (_, index) => index + 1).join(', ');
}

/** Only the group of a row. */
export function groupOf(row: Group, groupBy: readonly UsageDimension[]): Group {
  return Object.fromEntries(groupBy.map((dimension) => [dimension, row[dimension]]));
}

/** The latencies of a row that has {@link LATENCIES}. */
function latenciesOf(row: LatencyRow): Latencies {
  const { latency, latency_first, first_byte, first_byte_first, ...same } = row;
  return {
    requests: same.requests,
    latency_us: same.latency_us,
    first_bytes: same.first_bytes,
    first_byte_us: same.first_byte_us,
    latency: { first: latency_first ?? 0, counts: (latency ?? []).map(Number) },
    firstByte: { first: first_byte_first ?? 0, counts: (first_byte ?? []).map(Number) },
  };
}
