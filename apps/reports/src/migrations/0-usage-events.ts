import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * One row per attempt that reached a provider. Rows are only ever added.
 *
 * `at` is fixed when an attempt opens, so it is the same in each delivery of an event: when the table is partitioned by
 * day, `(at, id)` becomes its primary key, names a row as well as `id` does now, and is the order that pages are read in.
 */
export class UsageEvents1763600000000 implements MigrationInterface {
  name = 'UsageEvents1763600000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE usage_events (
        id uuid PRIMARY KEY,
        at timestamptz(3) NOT NULL,
        account_id uuid NOT NULL,
        key_id uuid NOT NULL,
        request_id text NOT NULL,
        attempt smallint NOT NULL,
        provider text NOT NULL,
        model text NOT NULL,
        route text NOT NULL,
        status smallint NOT NULL,
        reason text NOT NULL,
        cache text NOT NULL,
        input_tokens bigint NOT NULL,
        output_tokens bigint NOT NULL,
        cached_input_tokens bigint NOT NULL,
        cost_nanos bigint NOT NULL,
        price_version text NOT NULL,
        estimated boolean NOT NULL,
        overrun boolean NOT NULL,
        latency_ms double precision NOT NULL,
        first_byte_ms double precision,
        windows uuid[] NOT NULL
      )`);
    await runner.query('CREATE INDEX usage_events_at ON usage_events (at DESC, id DESC)');
    await runner.query('CREATE INDEX usage_events_account ON usage_events (account_id, at DESC, id DESC)');
    await runner.query('CREATE INDEX usage_events_request ON usage_events (request_id)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE usage_events');
  }
}
