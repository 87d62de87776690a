import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Sessions, windows, leases, usages and the ledger. Amounts are nano-dollars; sums and cumulative amounts have no bound of
 * their own, so that no caller can make them overflow.
 */
export class Money1763600000001 implements MigrationInterface {
  name = 'Money1763600000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- The first instant at which the zone's clock shows this local midnight: where it is set back over midnight,
      -- midnight comes twice, and AT TIME ZONE alone gives the second.
      CREATE FUNCTION first_midnight(midnight timestamp, zone text) RETURNS timestamptz LANGUAGE sql STABLE AS $$
        SELECT CASE WHEN early < late AND early AT TIME ZONE zone = midnight THEN early ELSE late END
        FROM (SELECT late, late - (((late - interval '3 hours') AT TIME ZONE zone) - (midnight - interval '3 hours')) AS early
          FROM (SELECT midnight AT TIME ZONE zone AS late) AS a) AS b
      $$;

      CREATE TABLE sessions (
        id uuid PRIMARY KEY,
        gateway_id uuid NOT NULL,
        state text NOT NULL DEFAULT 'live' CHECK (state IN ('live', 'fenced', 'abandoned', 'closed')),
        last_seq bigint NOT NULL DEFAULT 0,
        config_version bigint NOT NULL DEFAULT 0,
        last_seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        created_at timestamptz NOT NULL DEFAULT clock_timestamp()
      );
      CREATE INDEX sessions_gateway ON sessions (gateway_id) WHERE state <> 'closed';
      CREATE INDEX sessions_live ON sessions (last_seen_at) WHERE state = 'live';

      CREATE TABLE windows (
        id uuid PRIMARY KEY,
        budget_id uuid NOT NULL REFERENCES budgets,
        starts_at timestamptz NOT NULL,
        ends_at timestamptz NOT NULL,
        limit_nanos bigint NOT NULL CHECK (limit_nanos >= 0),
        hard boolean NOT NULL,
        settled_nanos numeric(38, 0) NOT NULL DEFAULT 0 CHECK (settled_nanos >= 0),
        held_nanos numeric(38, 0) NOT NULL DEFAULT 0 CHECK (held_nanos >= 0),
        overrun_nanos numeric(38, 0) NOT NULL DEFAULT 0 CHECK (overrun_nanos >= 0),
        epoch bigint NOT NULL DEFAULT 0,
        tight_mark_nanos numeric(38, 0),
        tight_at timestamptz,
        UNIQUE (budget_id, starts_at),
        CHECK (starts_at < ends_at)
      ) WITH (fillfactor = 50);
      CREATE INDEX windows_current ON windows (budget_id, ends_at);

      CREATE TABLE leases (
        id uuid PRIMARY KEY,
        session_id uuid NOT NULL REFERENCES sessions,
        window_id uuid NOT NULL REFERENCES windows,
        budget_id uuid NOT NULL,
        granted_nanos numeric(38, 0) NOT NULL DEFAULT 0,
        returned_nanos numeric(38, 0) NOT NULL DEFAULT 0,
        settled_nanos numeric(38, 0) NOT NULL DEFAULT 0,
        state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'closed', 'released')),
        recall_epoch bigint,
        UNIQUE (session_id, window_id),
        CHECK (returned_nanos >= 0 AND settled_nanos >= 0 AND returned_nanos + settled_nanos <= granted_nanos)
      ) WITH (fillfactor = 50);
      CREATE INDEX leases_window ON leases (window_id) WHERE state = 'active';

      CREATE TABLE usages (
        id uuid PRIMARY KEY,
        batch_id uuid NOT NULL,
        at timestamptz NOT NULL,
        settled_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        record jsonb NOT NULL
      );
      CREATE INDEX usages_batch ON usages (batch_id);

      CREATE TABLE quarantined_records (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        at timestamptz NOT NULL DEFAULT clock_timestamp(),
        session_id uuid NOT NULL,
        reason text NOT NULL,
        record jsonb NOT NULL
      );
      CREATE UNIQUE INDEX quarantined_records_once ON quarantined_records (session_id, md5(record::text));

      CREATE TABLE ledger_entries (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        at timestamptz NOT NULL DEFAULT clock_timestamp(),
        kind text NOT NULL CHECK (kind IN ('grant', 'return', 'settle', 'recover', 'release')),
        budget_id uuid NOT NULL,
        window_id uuid NOT NULL,
        lease_id uuid,
        batch_id uuid,
        held_delta_nanos numeric(38, 0) NOT NULL,
        settled_delta_nanos numeric(38, 0) NOT NULL,
        overrun_delta_nanos numeric(38, 0) NOT NULL
      );
      CREATE INDEX ledger_entries_budget ON ledger_entries (budget_id, id);
      CREATE INDEX ledger_entries_window ON ledger_entries (window_id, id);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE ledger_entries, quarantined_records, usages, leases, windows, sessions;
      DROP FUNCTION first_midnight(timestamp, text);
    `);
  }
}
