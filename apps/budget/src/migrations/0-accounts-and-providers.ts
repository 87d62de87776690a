import type { MigrationInterface, QueryRunner } from 'typeorm';

const STORED = `
        id uuid PRIMARY KEY,
        version integer NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        archived_at timestamptz`;

/** What is managed through the control plane, what gateways are told of it, and the outbox. Amounts are nano-dollars. */
export class AccountsAndProviders1763600000000 implements MigrationInterface {
  name = 'AccountsAndProviders1763600000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(ACCOUNTS);
    await runner.query(PROVIDERS);
    await runner.query(BUDGETS);
    await runner.query(CONFIGURATION);
    await runner.query(MESSAGES);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `DROP TABLE outbox, idempotency_keys, configuration_entries, configuration_version, budgets, routes`,
    );
    await runner.query('DROP TABLE models, prices, providers, api_keys, accounts CASCADE');
  }
}

const ACCOUNTS = `
      CREATE TABLE accounts (${STORED},
        name text NOT NULL,
        kind text NOT NULL,
        parent_id uuid REFERENCES accounts,
        over_budget text NOT NULL,
        disabled boolean NOT NULL,
        CHECK (parent_id <> id)
      );
      CREATE INDEX accounts_parent ON accounts (parent_id) WHERE archived_at IS NULL;

      CREATE TABLE api_keys (${STORED},
        account_id uuid NOT NULL REFERENCES accounts,
        name text NOT NULL,
        role text NOT NULL,
        sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
        prefix text NOT NULL,
        expires_at timestamptz,
        disabled boolean NOT NULL,
        initial_admin boolean NOT NULL DEFAULT false
      );
      CREATE UNIQUE INDEX api_keys_sha256 ON api_keys (sha256) WHERE archived_at IS NULL;
      CREATE UNIQUE INDEX api_keys_initial_admin ON api_keys (initial_admin) WHERE initial_admin AND archived_at IS NULL;
      CREATE INDEX api_keys_account ON api_keys (account_id) WHERE archived_at IS NULL;`;

// A model names its price in force and each price its model; the one of the two that comes first is checked at the end.
const PROVIDERS = `
      CREATE TABLE providers (${STORED},
        name text NOT NULL,
        kind text NOT NULL,
        base_url text NOT NULL,
        sealed_api_key text,
        concurrency integer NOT NULL,
        cancelled_streams text NOT NULL,
        simulated boolean NOT NULL,
        disabled boolean NOT NULL,
        from_environment boolean NOT NULL DEFAULT false
      );
      CREATE UNIQUE INDEX providers_name ON providers (name) WHERE archived_at IS NULL;

      CREATE TABLE models (${STORED},
        provider_id uuid NOT NULL REFERENCES providers,
        name text NOT NULL,
        price_id uuid NOT NULL,
        max_output_tokens integer,
        context_tokens integer,
        reasoning_uncapped boolean NOT NULL,
        tool_prompt_tokens integer NOT NULL,
        disabled boolean NOT NULL
      );
      CREATE UNIQUE INDEX models_name ON models (provider_id, name) WHERE archived_at IS NULL;

      CREATE TABLE prices (
        id uuid PRIMARY KEY,
        model_id uuid NOT NULL REFERENCES models DEFERRABLE INITIALLY DEFERRED,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        input_nanos_per_million bigint NOT NULL CHECK (input_nanos_per_million >= 0),
        output_nanos_per_million bigint NOT NULL CHECK (output_nanos_per_million >= 0),
        cached_input_nanos_per_million bigint CHECK (cached_input_nanos_per_million >= 0)
      );
      CREATE INDEX prices_model ON prices (model_id, created_at);
      ALTER TABLE models ADD FOREIGN KEY (price_id) REFERENCES prices DEFERRABLE INITIALLY DEFERRED;

      CREATE TABLE routes (${STORED},
        name text NOT NULL,
        strategy text NOT NULL,
        targets jsonb NOT NULL,
        default_max_tokens integer,
        disabled boolean NOT NULL
      );
      CREATE UNIQUE INDEX routes_name ON routes (name) WHERE archived_at IS NULL;
      CREATE INDEX routes_targets ON routes USING gin (targets jsonb_path_ops) WHERE archived_at IS NULL;`;

const BUDGETS = `
      CREATE TABLE budgets (${STORED},
        account_id uuid NOT NULL REFERENCES accounts,
        limit_nanos bigint NOT NULL CHECK (limit_nanos >= 0),
        window_kind text NOT NULL CHECK (window_kind IN ('hour', 'day', 'week', 'month', 'total')),
        time_zone text NOT NULL,
        hard boolean NOT NULL,
        filter_provider_id uuid REFERENCES providers,
        filter_model_id uuid REFERENCES models,
        disabled boolean NOT NULL
      );
      CREATE INDEX budgets_account ON budgets (account_id) WHERE archived_at IS NULL;`;

// The kinds are compared by bytes, so that the order of entries is the same under every collation of a database.
const CONFIGURATION = `
      CREATE TABLE configuration_version (
        single boolean PRIMARY KEY DEFAULT true CHECK (single),
        version bigint NOT NULL
      );
      INSERT INTO configuration_version (version) VALUES (0);

      CREATE TABLE configuration_entries (
        kind text COLLATE "C" NOT NULL,
        id uuid NOT NULL,
        version bigint NOT NULL,
        value jsonb,
        PRIMARY KEY (kind, id)
      );
      CREATE UNIQUE INDEX configuration_entries_version ON configuration_entries (version, kind, id);`;

const MESSAGES = `
      CREATE TABLE idempotency_keys (
        actor_key_id uuid NOT NULL,
        subject text NOT NULL,
        key text NOT NULL,
        request_sha256 text NOT NULL,
        sealed_response text NOT NULL,
        expires_at timestamptz NOT NULL,
        PRIMARY KEY (actor_key_id, subject, key)
      );
      CREATE INDEX idempotency_keys_expiry ON idempotency_keys (expires_at);

      CREATE TABLE outbox (
        id uuid PRIMARY KEY,
        seq bigint GENERATED ALWAYS AS IDENTITY,
        subject text NOT NULL,
        payload json NOT NULL,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp()
      );
      CREATE INDEX outbox_seq ON outbox (seq);`;
