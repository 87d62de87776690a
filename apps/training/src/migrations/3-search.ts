import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The words of work efforts and tickets, to be found by. They are there once a source is read anew, so all are. */
export class Search1764300000000 implements MigrationInterface {
  name = 'Search1764300000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE work_efforts ADD COLUMN search tsvector NOT NULL DEFAULT '';
      ALTER TABLE tickets ADD COLUMN search tsvector NOT NULL DEFAULT '';
      CREATE INDEX work_efforts_search ON work_efforts USING gin (search) WITH (fastupdate = off);
      CREATE INDEX tickets_search ON tickets USING gin (search) WITH (fastupdate = off);
      CREATE INDEX work_efforts_updated ON work_efforts (updated_at, id);
      CREATE INDEX tickets_order ON tickets (external_id, id);
      CREATE INDEX tickets_assigned_to ON tickets (lower(assigned_to)) WHERE assigned_to IS NOT NULL;
      CREATE INDEX tags_lower ON tags (lower(name));
      UPDATE work_efforts SET hash = '';
      UPDATE sources SET bookmark = NULL`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP INDEX work_efforts_search, tickets_search, work_efforts_updated, tickets_order, tickets_assigned_to, tags_lower;
      ALTER TABLE work_efforts DROP COLUMN search;
      ALTER TABLE tickets DROP COLUMN search`);
  }
}
