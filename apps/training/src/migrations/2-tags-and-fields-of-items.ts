import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Tags of work efforts, what else their sources tell of work efforts and tickets, and what readers leave themselves. */
export class TagsAndFieldsOfItems1764290000000 implements MigrationInterface {
  name = 'TagsAndFieldsOfItems1764290000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TAGS);
    await runner.query(`
      ALTER TABLE work_efforts ADD COLUMN repository text;
      ALTER TABLE tickets
        ADD COLUMN parent text,
        ADD COLUMN assigned_to text,
        ADD COLUMN created_at timestamptz;
      ALTER TABLE sources ADD COLUMN bookmark jsonb`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE sources DROP COLUMN bookmark;
      ALTER TABLE tickets DROP COLUMN parent, DROP COLUMN assigned_to, DROP COLUMN created_at;
      ALTER TABLE work_efforts DROP COLUMN repository;
      DROP TABLE work_effort_tags, tags`);
  }
}

const TAGS = `
      CREATE TABLE tags (
        id uuid PRIMARY KEY,
        name text NOT NULL CONSTRAINT tags_name UNIQUE
      );

      CREATE TABLE work_effort_tags (
        work_effort_id uuid NOT NULL REFERENCES work_efforts ON DELETE CASCADE,
        tag_id uuid NOT NULL REFERENCES tags,
        position smallint NOT NULL,
        PRIMARY KEY (work_effort_id, tag_id)
      );
      CREATE INDEX work_effort_tags_tag ON work_effort_tags (tag_id)`;
