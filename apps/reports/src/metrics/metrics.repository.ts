import { Injectable } from '@nestjs/common';
import { Database } from '@purser/database';
import { conditionOf, type MetricFilters } from './metric-filters.ts';
import { searchWords, wholeWordsQuery, wordsQuery } from './search-words.ts';

/** Which rows, in which order. */
export interface MetricPageQuery extends MetricFilters {
  /** A field, with `-` in front for descending order; `rank` is the best first, where there is a `q`. */
  readonly sort: string;
  readonly limit: number;
  readonly offset: number;
}

/** Rows in JSON text, and what they were read under. */
export interface MetricPage {
  /** Documents with commas between them. */
  readonly rows: string;
  readonly count: number;
  /** How many match in all; null where the revision is the one that was known. */
  readonly total: string | null;
  /** Of the catalogue: what is known under it holds while it lasts. */
  readonly revision: string;
}

const ORDERS: Readonly<Record<string, string>> = {
  metricId: 'key',
  name: 'name',
  category: 'category',
  tier: 'tier',
  businessDomain: 'business_domain',
  owner: 'owner',
  status: 'status',
  createdAt: 'created_at',
  updatedAt: 'updated_at',
};

/** Statements with more filters are parsed each time: names for all combinations would fill every connection's memory. */
const MAX_NAMED_FILTERS = 2;

/** Definitions, to look at. */
@Injectable()
export class MetricsRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * A page and the total, in one statement; the hot one of the catalogue.
   * In: $1 the revision whose total is known, or 0; $2 and $3 the page; then the filters' and the rank's values.
   * Out: one row. Its documents are text, so that nobody reads what is only handed on.
   * Locks: none.
   */
  async page(query: MetricPageQuery, knownRevision: string): Promise<MetricPage> {
    const condition = conditionOf(query, 4);
    const { document, values } = rankedDocument(query, 4 + condition.values.length);
    const text = `
      SELECT catalogue.revision, page.count, page.rows, CASE WHEN catalogue.revision <> $1::bigint
        THEN (SELECT count(*) FROM metrics WHERE ${condition.text}) END AS total
      FROM catalogue, LATERAL (
        SELECT count(*)::int AS count, coalesce(string_agg(document, ','), '') AS rows
        FROM (SELECT ${document} FROM metrics WHERE ${condition.text} ORDER BY ${orderOf(query.sort)}
          LIMIT $2 OFFSET $3) AS shown
      ) AS page`;
    const isNamed = condition.name.split(',').length <= MAX_NAMED_FILTERS;
    const name = isNamed ? `metrics.page ${query.sort} ${condition.name}` : undefined;
    const parameters = [knownRevision, query.limit, query.offset, ...condition.values, ...values];
    const [page] = await this.#database.query<MetricPage>(name ? { name, text } : text, parameters);
    return page!;
  }

  /** The ids of objectives, at most ten, that have a key result bound to the metric. */
  async objectivesOf(metricId: string): Promise<string[]> {
    const rows = await this.#database.query<{ key: string }>(
      'SELECT key FROM objectives WHERE metric_ids @> $1::jsonb ORDER BY key LIMIT 10',
      [JSON.stringify([metricId])],
    );
    return rows.map(({ key }) => key);
  }

  /**
   * Which objectives, but for some, have key results bound to which of the metrics; at most a hundred. In: metricIds, ids
   * of objectives. Locks: none.
   */
  bindings(metricIds: readonly string[], but: readonly string[]): Promise<{ objective: string; metricId: string }[]> {
    return this.#database.query(
      `SELECT DISTINCT key AS objective, bound AS "metricId"
       FROM objectives, jsonb_array_elements_text(metric_ids) AS bound
       WHERE bound = ANY($1) AND NOT key = ANY($2) ORDER BY key, bound LIMIT 100`,
      [metricIds, but],
    );
  }

  /** The documents of a page one by one, for one whose text is too long, each with the catalogue's revision. In: as `page`. */
  documents(query: MetricPageQuery): Promise<{ document: string; revision: string }[]> {
    const condition = conditionOf(query, 3);
    const { document, values } = rankedDocument(query, 3 + condition.values.length);
    return this.#database.query(
      `SELECT ${document}, (SELECT revision FROM catalogue) AS revision FROM metrics WHERE ${condition.text} ORDER BY ${orderOf(query.sort)} LIMIT $1 OFFSET $2`,
      [query.limit, query.offset, ...condition.values, ...values],
    );
  }
}

/** What a word counts that is only the beginning of one, as a factor. */
const BEGINNING_FACTOR = 0.1;

/** A row's text, with its rank where the rank is the order: by whole words, and far behind by the beginning of one. */
function rankedDocument({ sort, q }: MetricPageQuery, first: number): { document: string; values: readonly unknown[] } {
  if (sort !== 'rank' || q === undefined) return { document: 'document::text', values: [] };
  const values = searchWords(q);
  const words = values.map((_, index) => `$${first + index}`);
  const whole = `ts_rank(words, ${wholeWordsQuery(words)})`;
  const beginning = `${BEGINNING_FACTOR} * ts_rank(words, ${wordsQuery(words)})`;
  const rank = `round(greatest(${whole}, ${beginning})::numeric, 6)`;
  return {
    document: `left(document::text, -1) || ',"rank":' || ${rank} || '}' AS document, ${rank} AS rank`,
    values,
  };
}

/** The id decides among equals, so that no row is on two pages, or on none. */
function orderOf(sort: string): string {
  if (sort === 'rank') return 'rank DESC, key';
  const direction = sort.startsWith('-') ? 'DESC' : 'ASC';
  const column = ORDERS[sort.replace('-', '')];
  if (column === undefined) throw new Error(`There is no order by ${sort}.`);
  return column === 'key' ? `key ${direction}` : `${column} ${direction}, key ${direction}`;
}
