import { Injectable } from '@nestjs/common';
import { MAX_STATS_VALUES, type MetricStats } from '@purser/contracts';
import { Database } from '@purser/database';

const COLUMNS: Readonly<Record<string, string>> = {
  categories: 'category',
  tiers: 'tier',
  businessDomains: 'business_domain',
  owners: 'owner',
  statuses: 'status',
  metricTypes: 'metric_type',
};
const columns = Object.values(COLUMNS);

const named = (column: string): string => `WHEN grouping(${column}) = 0 THEN '${nameOf(column)}'`;
const valueOf = (column: string): string => `WHEN grouping(${column}) = 0 THEN ${column}`;

/*
 * The catalogue in numbers, in one pass over the definitions and one over their tags.
 * In: $1 the most values of each list. Out: one row, the answer. Locks: none.
 */
const COUNT = `
  WITH grouped AS (
    SELECT CASE ${columns.map(named).join(' ')} ELSE 'total' END AS list, CASE ${columns.map(valueOf).join(' ')} END AS value,
      count(*) AS count, count(*) FILTER (WHERE has_targets) AS with_targets
    FROM metrics GROUP BY GROUPING SETS ((), ${columns.map((column) => `(${column})`).join(', ')})
    UNION ALL
    SELECT 'tags', tag, count(*), 0 FROM metrics, jsonb_array_elements_text(tags) AS tag GROUP BY tag
  ), ranked AS (
    SELECT *, row_number() OVER (PARTITION BY list ORDER BY count DESC, value) AS place FROM grouped
  )
  SELECT max(count) FILTER (WHERE list = 'total')::int AS total,
    max(with_targets) FILTER (WHERE list = 'total')::int AS "withTargets",
    ${[...Object.keys(COLUMNS), 'tags'].map(listed).join(',\n    ')}
  FROM ranked WHERE place <= $1`;

function nameOf(column: string): string {
  return Object.entries(COLUMNS).find(([, each]) => each === column)![0];
}

function listed(list: string): string {
  const entries = `json_agg(json_build_object('value', value, 'count', count) ORDER BY place)`;
  return `coalesce(${entries} FILTER (WHERE list = '${list}'), '[]') AS "${list}"`;
}

/** The definitions, counted. */
@Injectable()
export class MetricStatsRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async count(): Promise<MetricStats> {
    const [row] = await this.#database.query<Omit<MetricStats, 'withoutTargets'>>(
      { name: 'metrics.stats', text: COUNT },
      [MAX_STATS_VALUES],
    );
    const { total, withTargets, ...lists } = row!;
    return { total, withTargets, withoutTargets: total - withTargets, ...lists };
  }
}
