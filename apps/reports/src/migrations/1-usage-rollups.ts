import type { MigrationInterface, QueryRunner } from 'typeorm';

const MS_PER_DAY = 86_400_000;

/**
 * Sums of usage by hour and by day (UTC), with mergeable histograms of latencies, and the sums of what is stored already.
 *
 * A histogram is an `int[]` whose subscripts are the numbers of its buckets, from the first that counts anything to the
 * last: bucket `i` counts what is above `g^(i-1)` ms and at most `g^i` ms, `g` = 1.02/0.98, so that the middle of a
 * bucket is at most 2 % away from all that it counts (DDSketch, Masson, Rim and Lee, VLDB 2019). NULL in between is zero.
 */
export class UsageRollups1764000000000 implements MigrationInterface {
  name = 'UsageRollups1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [MICROSECONDS, BUCKET, ADD, OF_BUCKETS, MERGE, SUM, TABLE, BY_ACCOUNT])
      await runner.query(statement);
    // No row escapes between the sums and the commit. What a process of an earlier version stores after it is in no
    // rollup, though: such processes are stopped before (docs/operations.md, upgrades).
    await runner.query('LOCK TABLE usage_events IN SHARE ROW EXCLUSIVE MODE');
    await backfill(runner);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE usage_rollups');
    await runner.query('DROP AGGREGATE histogram_sum (int[])');
    await runner.query('DROP FUNCTION histogram_merge (bigint[], int[])');
    await runner.query('DROP FUNCTION histogram_of (int[])');
    await runner.query('DROP FUNCTION histogram_add (int[], int[])');
    await runner.query('DROP FUNCTION latency_bucket (double precision)');
    await runner.query('DROP FUNCTION latency_us (double precision)');
  }
}

/** Day after day that has rows, so that what is in work at once is bounded. */
async function backfill(runner: QueryRunner): Promise<void> {
  let after: Date | string = '-infinity';
  for (;;) {
    const [next] = (await runner.query(
      `SELECT date_trunc('day', min(at), 'UTC') AS day FROM usage_events WHERE at >= $1`,
      [after],
    )) as { day: Date | null }[];
    if (!next?.day) return;
    after = new Date(next.day.getTime() + MS_PER_DAY);
    await runner.query(BACKFILL, [next.day, after]);
  }
}

// These two are not STRICT, so that the planner can put them into a statement as they stand: to call them for each row takes
// longer than what they do. NULL stays NULL.
// Whole microseconds, so that sums don't depend on the order; what is above a day counts as a day.
const MICROSECONDS = `
  CREATE FUNCTION latency_us(ms double precision) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN round(CASE WHEN ms > 86400000 THEN 86400000 ELSE ms END * 1000)::bigint`;

const BUCKET = `
  CREATE FUNCTION latency_bucket(ms double precision) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN ceil(ln(CASE WHEN ms < 0.01 THEN 0.01 WHEN ms > 86400000 THEN 86400000 ELSE ms END)
    / ln(1.02::float8 / 0.98::float8))::int`;

// A count that is full stays full: the percentiles suffer a little then, the taking in of events doesn't.
const ADD = `
  CREATE FUNCTION histogram_add(a int[], b int[]) RETURNS int[] LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
  BEGIN
    FOR i IN coalesce(array_lower(b, 1), 1) .. coalesce(array_upper(b, 1), 0) LOOP
      IF b[i] IS NOT NULL THEN
        a[i] := least(coalesce(a[i], 0)::bigint + b[i], 2147483647);
      END IF;
    END LOOP;
    RETURN a;
  END $$`;

const OF_BUCKETS = `
  CREATE FUNCTION histogram_of(buckets int[]) RETURNS int[] LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
  DECLARE
    bucket int;
    a int[] := '{}';
  BEGIN
    FOREACH bucket IN ARRAY buckets LOOP
      a[bucket] := coalesce(a[bucket], 0) + 1;
    END LOOP;
    RETURN a;
  END $$`;

// One assignment a bucket, as it is most of what a report on latencies costs.
const MERGE = `
  CREATE FUNCTION histogram_merge(sum bigint[], a int[]) RETURNS bigint[] LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
  BEGIN
    FOR i IN coalesce(array_lower(a, 1), 1) .. coalesce(array_upper(a, 1), 0) LOOP
      sum[i] := coalesce(sum[i] + a[i], sum[i], a[i]);
    END LOOP;
    RETURN sum;
  END $$`;

const SUM = `
  CREATE AGGREGATE histogram_sum(int[]) (SFUNC = histogram_merge, STYPE = bigint[], INITCOND = '{}', PARALLEL = SAFE)`;

// Room on each page keeps updates within it (HOT): no index is touched by them, and nothing is left to vacuum.
const TABLE = `
  CREATE TABLE usage_rollups (
    grain text NOT NULL CHECK (grain IN ('hour', 'day')),
    at timestamptz NOT NULL,
    account_id uuid NOT NULL,
    key_id uuid NOT NULL,
    provider text NOT NULL,
    model text NOT NULL,
    route text NOT NULL,
    requests bigint NOT NULL,
    errors bigint NOT NULL,
    estimated bigint NOT NULL,
    overruns bigint NOT NULL,
    input_tokens bigint NOT NULL,
    output_tokens bigint NOT NULL,
    cached_input_tokens bigint NOT NULL,
    cost_nanos numeric NOT NULL,
    latency_us bigint NOT NULL,
    first_bytes bigint NOT NULL,
    first_byte_us bigint NOT NULL,
    latency int[] NOT NULL,
    first_byte int[] NOT NULL,
    PRIMARY KEY (grain, at, account_id, key_id, provider, model, route)
  ) WITH (fillfactor = 50)`;

const BY_ACCOUNT = 'CREATE INDEX usage_rollups_account ON usage_rollups (account_id, grain, at)';

const BACKFILL = `
  INSERT INTO usage_rollups
  SELECT grain, date_trunc(grain, at, 'UTC') AS start, account_id, key_id, provider, model, route,
    count(*),
    count(*) FILTER (WHERE reason NOT IN ('ok', 'no-usage', 'client-gone')),
    count(*) FILTER (WHERE estimated),
    count(*) FILTER (WHERE overrun),
    sum(input_tokens), sum(output_tokens), sum(cached_input_tokens), sum(cost_nanos),
    sum(latency_us(latency_ms)),
    count(first_byte_ms),
    coalesce(sum(latency_us(first_byte_ms)), 0),
    histogram_of(array_agg(latency_bucket(latency_ms))),
    histogram_of(coalesce(array_agg(latency_bucket(first_byte_ms)) FILTER (WHERE first_byte_ms IS NOT NULL), '{}'))
  FROM usage_events CROSS JOIN (VALUES ('hour'), ('day')) AS grains (grain)
  WHERE at >= $1 AND at < $2
  GROUP BY grain, start, account_id, key_id, provider, model, route`;
