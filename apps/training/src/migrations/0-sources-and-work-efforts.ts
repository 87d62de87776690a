import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Places that work comes from, and the work that was found there. Work and tickets are made from their source alone. */
export class SourcesAndWorkEfforts1763600000000 implements MigrationInterface {
  name = 'SourcesAndWorkEfforts1763600000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(SOURCES);
    await runner.query(WORK_EFFORTS);
    await runner.query(IDEMPOTENCY_KEYS);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE idempotency_keys, tickets, work_efforts, sources');
  }
}

const SOURCES = `
      CREATE TABLE sources (
        id uuid PRIMARY KEY,
        version integer NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        kind text NOT NULL,
        path text NOT NULL,
        disabled boolean NOT NULL,
        status text NOT NULL DEFAULT 'new',
        problems jsonb NOT NULL DEFAULT '[]',
        work_efforts integer NOT NULL DEFAULT 0,
        synced_at timestamptz,
        syncing_until timestamptz,
        syncs bigint NOT NULL DEFAULT 0,
        CONSTRAINT sources_path UNIQUE (kind, path)
      )`;

const WORK_EFFORTS = `
      CREATE TABLE work_efforts (
        id uuid PRIMARY KEY,
        source_id uuid NOT NULL REFERENCES sources ON DELETE CASCADE,
        external_id text NOT NULL,
        title text NOT NULL,
        description text NOT NULL,
        status text NOT NULL,
        progress smallint NOT NULL CHECK (progress BETWEEN 0 AND 100),
        branch text,
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL,
        path text NOT NULL,
        hash text NOT NULL,
        problems jsonb NOT NULL,
        CONSTRAINT work_efforts_external_id UNIQUE (source_id, external_id)
      );
      CREATE INDEX work_efforts_created ON work_efforts (created_at, id);

      CREATE TABLE tickets (
        id uuid PRIMARY KEY,
        work_effort_id uuid NOT NULL REFERENCES work_efforts ON DELETE CASCADE,
        external_id text NOT NULL,
        title text NOT NULL,
        status text NOT NULL,
        sequence integer NOT NULL,
        CONSTRAINT tickets_external_id UNIQUE (work_effort_id, external_id)
      )`;

const IDEMPOTENCY_KEYS = `
      CREATE TABLE idempotency_keys (
        actor_key_id uuid NOT NULL,
        subject text NOT NULL,
        key text NOT NULL,
        request_sha256 text NOT NULL,
        response jsonb,
        expires_at timestamptz NOT NULL,
        PRIMARY KEY (actor_key_id, subject, key)
      );
      CREATE INDEX idempotency_keys_expiry ON idempotency_keys (expires_at)`;
