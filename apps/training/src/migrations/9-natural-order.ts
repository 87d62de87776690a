import type { MigrationInterface, QueryRunner } from 'typeorm';

/** External ids as people put them in order, by the numbers in them: #9 before #10. */
export class NaturalOrder1764360000000 implements MigrationInterface {
  name = 'NaturalOrder1764360000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE work_efforts ADD COLUMN external_order text GENERATED ALWAYS AS (${WITH_LONG_NUMBERS}) STORED;
      ALTER TABLE tickets ADD COLUMN external_order text GENERATED ALWAYS AS (${WITH_LONG_NUMBERS}) STORED;
      DROP INDEX tickets_order;
      CREATE INDEX tickets_order ON tickets (external_order, id)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP INDEX tickets_order;
      CREATE INDEX tickets_order ON tickets (external_id, id);
      ALTER TABLE tickets DROP COLUMN external_order;
      ALTER TABLE work_efforts DROP COLUMN external_order`);
  }
}

/** Each number is filled up with zeros to 32 digits, as many as an id may have. */
const WITH_LONG_NUMBERS = `regexp_replace(
        regexp_replace(external_id, '([0-9]+)', repeat('0', 32) || '\\1', 'g'), '[0-9]*([0-9]{32})', '\\1', 'g')`;
