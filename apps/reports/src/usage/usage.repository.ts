import { Injectable } from '@nestjs/common';
import type { ReceivedOf, SettledUsage, listUsage } from '@purser/contracts';
import { Database } from '@purser/database';
import { histogramOf, IS_ERROR } from '../rollups/rollups.sql.ts';
import type { UsagePosition } from './usage.cursor.ts';
import { UsageEventEntity } from './usage-event.entity.ts';

/** What of the rows is asked for. `from` is included, `to` is not. */
export type UsageFilters = Omit<ReceivedOf<typeof listUsage>, 'cursor' | 'limit' | 'from' | 'to'> & {
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
};

const EQUAL = ['accountId', 'keyId', 'provider', 'model', 'route', 'requestId'] as const;

const ADDED = [
  ...['requests', 'errors', 'estimated', 'overruns', 'input_tokens', 'output_tokens', 'cached_input_tokens'],
  ...['cost_nanos', 'latency_us', 'first_bytes', 'first_byte_us'],
].map((column) => `${column} = kept.${column} + excluded.${column}`);

/*
 * Takes a batch of settled attempts in, and adds the new ones to the rollups; the hot statement of this service.
 * In: $1 the attempts, a JSON array with a column's name for each field. An id that is stored already changes nothing, and
 * is not counted again.
 * Out: nothing.
 * Locks, until commit: each new id's entry in the primary key, in the order of ids; then each rollup that it adds to, in
 * the order of the rollups' key. All ids are taken before the first rollup, since the sums need every inserted row. Two
 * batches that share ids or rollups wait for one another at the first that they share, never in a circle.
 */
const TAKE = `
  WITH inserted AS (
    INSERT INTO usage_events (id, at, account_id, key_id, request_id, attempt, provider, model, route, status, reason, cache,
      input_tokens, output_tokens, cached_input_tokens, cost_nanos, price_version, estimated, overrun, latency_ms,
      first_byte_ms, windows)
    SELECT id, at, account_id, key_id, request_id, attempt, provider, model, route, status, reason, cache,
      input_tokens, output_tokens, cached_input_tokens, cost_nanos, price_version, estimated, overrun, latency_ms,
      first_byte_ms, windows
    FROM json_to_recordset($1::json) AS attempts (id uuid, at timestamptz, account_id uuid, key_id uuid, request_id text,
      attempt smallint, provider text, model text, route text, status smallint, reason text, cache text, input_tokens bigint,
      output_tokens bigint, cached_input_tokens bigint, cost_nanos bigint, price_version text, estimated boolean,
      overrun boolean, latency_ms double precision, first_byte_ms double precision, windows uuid[])
    ORDER BY id
    ON CONFLICT DO NOTHING
    RETURNING at, account_id, key_id, provider, model, route, reason, estimated, overrun, input_tokens, output_tokens,
      cached_input_tokens, cost_nanos, latency_ms, first_byte_ms
  ), sums AS (
    SELECT grain, date_trunc(grain, at, 'UTC') AS start, account_id, key_id, provider, model, route,
      count(*), count(*) FILTER (WHERE ${IS_ERROR}), count(*) FILTER (WHERE estimated), count(*) FILTER (WHERE overrun),
      sum(input_tokens), sum(output_tokens), sum(cached_input_tokens), sum(cost_nanos),
      sum(latency_us(latency_ms)), count(first_byte_ms), coalesce(sum(latency_us(first_byte_ms)), 0),
      ${histogramOf('latency_ms')}, ${histogramOf('first_byte_ms')}
    FROM inserted CROSS JOIN (VALUES ('hour'), ('day')) AS grains (grain)
    GROUP BY grain, start, account_id, key_id, provider, model, route
  )
  INSERT INTO usage_rollups AS kept (grain, at, account_id, key_id, provider, model, route, requests, errors, estimated,
    overruns, input_tokens, output_tokens, cached_input_tokens, cost_nanos, latency_us, first_bytes, first_byte_us, latency,
    first_byte)
  SELECT * FROM sums ORDER BY grain, start, account_id, key_id, provider, model, route
  ON CONFLICT (grain, at, account_id, key_id, provider, model, route) DO UPDATE SET
    ${ADDED.join(', ')},
    latency = histogram_add(kept.latency, excluded.latency),
    first_byte = histogram_add(kept.first_byte, excluded.first_byte)`;

/** Which way a log is read. */
export type Order = 'newest first' | 'oldest first';

/** Usage rows in PostgreSQL. */
@Injectable()
export class UsageRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Stores the attempts that are not stored yet and adds them to the rollups, all or none. */
  async take(attempts: readonly SettledUsage[]): Promise<void> {
    if (attempts.length === 0) return;
    await this.#database.query({ name: 'usage.take', text: TAKE }, [JSON.stringify(attempts.map(toColumns))]);
  }

  /** At most `limit` rows after a position. Oldest first, as exports are, they are the replica's where there is one. */
  async page(
    filters: UsageFilters,
    after: UsagePosition | undefined,
    limit: number,
    order: Order = 'newest first',
  ): Promise<UsageEventEntity[]> {
    const [beyond, direction] = order === 'newest first' ? (['<', 'DESC'] as const) : (['>', 'ASC'] as const);
    const rows = this.#database.repository(UsageEventEntity).createQueryBuilder('row');
    for (const name of EQUAL) {
      if (filters[name] !== undefined) rows.andWhere(`row.${name} = :${name}`, { [name]: filters[name] });
    }
    const { from, to, visibleTo } = filters;
    if (visibleTo) rows.andWhere('row.accountId = ANY (CAST(:visibleTo AS uuid[]))', { visibleTo });
    if (from) rows.andWhere('row.at >= :from', { from });
    if (to) rows.andWhere('row.at < :to', { to });
    if (after) rows.andWhere(`(row.at, row.id) ${beyond} (:at, :id)`, { at: after.at, id: after.id });
    rows.orderBy({ 'row.at': direction, 'row.id': direction }).limit(limit);
    return order === 'newest first' ? rows.getMany() : this.#database.readOnly(() => rows.getMany());
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
    cache: attempt.cache,
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
