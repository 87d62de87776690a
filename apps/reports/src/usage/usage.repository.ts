import { Injectable } from '@nestjs/common';
import type { ReceivedOf, SettledUsage, UsageDimension, listUsage } from '@purser/contracts';
import { Database } from '@purser/database';
import type { UsagePosition } from './usage.cursor.ts';
import { UsageEventEntity } from './usage-event.entity.ts';

/** What of the rows is asked for. `from` is included, `to` is not. */
export type UsageFilters = Omit<ReceivedOf<typeof listUsage>, 'cursor' | 'limit' | 'from' | 'to'> & {
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
};

/** What is summed, and how. */
export interface UsageGrouping {
  readonly from: Date;
  readonly to: Date;
  readonly interval: 'minute' | 'hour' | 'day';
  readonly groupBy: readonly UsageDimension[];
  readonly accountId?: string | undefined;
}

/** The sums of one group. Sums are exact: text of whole numbers. */
export type UsageGroup = Partial<Record<UsageDimension, string>> & {
  readonly at: Date;
  readonly requests: string;
  readonly errors: string;
  readonly input_tokens: string;
  readonly output_tokens: string;
  readonly cached_input_tokens: string;
  readonly cost_nanos: string;
};

const EQUAL = ['accountId', 'keyId', 'provider', 'model', 'route', 'requestId'] as const;
const COLUMNS: Readonly<Record<UsageDimension, string>> = {
  account: 'account_id',
  provider: 'provider',
  model: 'model',
  route: 'route',
};

/*
 * Takes a batch of settled attempts in; the hot statement of this service.
 * In: $1 the attempts, a JSON array with a column's name for each field. An id that is stored already changes nothing.
 * Out: nothing.
 * Locks: each new id's entry in the primary key until commit, in the order of ids. Two batches that share ids then wait
 * for one another at the first that they share, never in a circle.
 */
const INSERT = `
  INSERT INTO usage_events (id, at, account_id, key_id, request_id, attempt, provider, model, route, status, reason, cache,
    input_tokens, output_tokens, cached_input_tokens, cost_nanos, price_version, estimated, overrun, latency_ms,
    first_byte_ms, windows)
  SELECT id, at, account_id, key_id, request_id, attempt, provider, model, route, status, reason, 'BYPASS',
    input_tokens, output_tokens, cached_input_tokens, cost_nanos, price_version, estimated, overrun, latency_ms,
    first_byte_ms, windows
  FROM json_to_recordset($1::json) AS attempts (id uuid, at timestamptz, account_id uuid, key_id uuid, request_id text,
    attempt smallint, provider text, model text, route text, status smallint, reason text, input_tokens bigint,
    output_tokens bigint, cached_input_tokens bigint, cost_nanos bigint, price_version text, estimated boolean,
    overrun boolean, latency_ms double precision, first_byte_ms double precision, windows uuid[])
  ORDER BY id
  ON CONFLICT DO NOTHING`;

/** The answer was whole, or nobody waited for it any more; only what is left counts as an error. */
const NO_ERROR = `reason IN ('ok', 'no-usage', 'client-gone')`;

/** Usage rows in PostgreSQL. */
@Injectable()
export class UsageRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Stores the attempts that are not stored yet, all or none. Part of the transaction that is open, if one is. */
  async insert(attempts: readonly SettledUsage[]): Promise<void> {
    if (attempts.length === 0) return;
    await this.#database.query({ name: 'usage.insert', text: INSERT }, [JSON.stringify(attempts.map(toColumns))]);
  }

  /** At most `limit` rows after a position, newest first. */
  async page(filters: UsageFilters, after: UsagePosition | undefined, limit: number): Promise<UsageEventEntity[]> {
    const rows = this.#database.repository(UsageEventEntity).createQueryBuilder('row');
    for (const name of EQUAL) {
      if (filters[name] !== undefined) rows.andWhere(`row.${name} = :${name}`, { [name]: filters[name] });
    }
    if (filters.from) rows.andWhere('row.at >= :from', { from: filters.from });
    if (filters.to) rows.andWhere('row.at < :to', { to: filters.to });
    if (after) rows.andWhere('(row.at, row.id) < (:at, :id)', { at: after.at, id: after.id });
    return rows.orderBy({ 'row.at': 'DESC', 'row.id': 'DESC' }).limit(limit).getMany();
  }

  /**
   * Sums by interval (in UTC) and group, oldest first, at most `limit` groups. Intervals without rows are left out.
   * Takes no locks.
   */
  async sums({ from, to, interval, groupBy, accountId }: UsageGrouping, limit: number): Promise<UsageGroup[]> {
    const groups = groupBy.map((dimension) => `${COLUMNS[dimension]} AS ${dimension}`);
    const keys = Array.from({ length: groups.length + 1 }, (_, index) => index + 1).join(', ');
    return this.#database.query<UsageGroup>(
      `SELECT ${[`date_trunc($3, at, 'UTC') AS at`, ...groups].join(', ')},
         count(*) AS requests,
         count(*) FILTER (WHERE NOT ${NO_ERROR}) AS errors,
         sum(input_tokens) AS input_tokens,
         sum(output_tokens) AS output_tokens,
         sum(cached_input_tokens) AS cached_input_tokens,
         sum(cost_nanos) AS cost_nanos
       FROM usage_events
       WHERE at >= $1 AND at < $2 AND ($4::uuid IS NULL OR account_id = $4)
       GROUP BY ${keys} ORDER BY ${keys} LIMIT ${limit}`,
      [from, to, interval, accountId ?? null],
    );
  }
}

function toColumns(attempt: SettledUsage): Record<string, unknown> {
  const { usage } = attempt;
  return {
    id: attempt.usageId,
    at: attempt.at,
    account_id: attempt.accountId,
    key_id: attempt.keyId,
    request_id: attempt.requestId,
    attempt: attempt.attempt,
    provider: attempt.provider,
    model: attempt.model,
    route: attempt.route,
    status: attempt.status,
    reason: attempt.reason,
    input_tokens: usage.inputTokens,
    output_tokens: usage.outputTokens,
    cached_input_tokens: usage.cachedInputTokens,
    cost_nanos: attempt.cost,
    price_version: attempt.priceVersion,
    estimated: attempt.estimated,
    overrun: attempt.overrun,
    latency_ms: attempt.latencyMs,
    first_byte_ms: attempt.firstByteMs,
    windows: attempt.windows,
  };
}
