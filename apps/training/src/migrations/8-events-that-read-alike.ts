import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Two events may have the same body; items that a reading found gone are remembered until one finds them again; and tags
 * that removed sources left behind go.
 */
export class EventsThatReadAlike1764350000000 implements MigrationInterface {
  name = 'EventsThatReadAlike1764350000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE webhook_deliveries DROP CONSTRAINT webhook_deliveries_body;
      CREATE INDEX webhook_deliveries_body ON webhook_deliveries (source_id, body_sha256);
      ALTER TABLE removed_items ADD COLUMN by_reading boolean NOT NULL DEFAULT false;
      DELETE FROM tags WHERE NOT EXISTS (SELECT FROM work_effort_tags WHERE tag_id = tags.id)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DELETE FROM removed_items WHERE by_reading;
      ALTER TABLE removed_items DROP COLUMN by_reading;
      DROP INDEX webhook_deliveries_body;
      DELETE FROM webhook_deliveries older USING webhook_deliveries newer
      WHERE older.source_id = newer.source_id AND older.body_sha256 = newer.body_sha256 AND older.delivery < newer.delivery;
      ALTER TABLE webhook_deliveries ADD CONSTRAINT webhook_deliveries_body UNIQUE (source_id, body_sha256)`);
  }
}
