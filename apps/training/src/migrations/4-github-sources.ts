import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Repositories as sources: what they need beside a path, when they are read next, and the webhooks that came for them. */
export class GithubSources1764310000000 implements MigrationInterface {
  name = 'GithubSources1764310000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE sources
        ADD COLUMN repository text,
        ADD COLUMN base_url text,
        ADD COLUMN sealed_token text,
        ADD COLUMN sealed_webhook_secret text,
        ADD COLUMN next_sync_at timestamptz,
        ADD COLUMN stale_since timestamptz;
      CREATE INDEX sources_next_sync ON sources (next_sync_at) WHERE next_sync_at IS NOT NULL`);
    await runner.query(`
      CREATE TABLE removed_items (
        source_id uuid NOT NULL REFERENCES sources ON DELETE CASCADE,
        external_id text NOT NULL,
        removed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (source_id, external_id)
      )`);
    await runner.query(`
      CREATE TABLE webhook_deliveries (
        source_id uuid NOT NULL REFERENCES sources ON DELETE CASCADE,
        delivery text NOT NULL,
        body_sha256 text NOT NULL,
        received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (source_id, delivery),
        CONSTRAINT webhook_deliveries_body UNIQUE (source_id, body_sha256)
      );
      CREATE INDEX webhook_deliveries_received ON webhook_deliveries (source_id, received_at)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE webhook_deliveries, removed_items;
      DELETE FROM sources WHERE kind = 'github';
      ALTER TABLE sources DROP COLUMN repository, DROP COLUMN base_url, DROP COLUMN sealed_token,
        DROP COLUMN sealed_webhook_secret, DROP COLUMN next_sync_at, DROP COLUMN stale_since`);
  }
}
