import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * By what a reader tells without reading that an item is as it was. A table of its own, since stamps change more often
 * than what they stand for: whole work efforts would be written anew.
 */
export class Stamps1764320000000 implements MigrationInterface {
  name = 'Stamps1764320000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE work_effort_stamps (
        work_effort_id uuid PRIMARY KEY REFERENCES work_efforts ON DELETE CASCADE,
        stamp text NOT NULL
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE work_effort_stamps');
  }
}
