import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Remembered answers get the form that all services keep them in: a column `response`, empty while its request is at work. */
export class IdempotencyAnswers1764280000000 implements MigrationInterface {
  name = 'IdempotencyAnswers1764280000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE idempotency_keys RENAME sealed_response TO response');
    await runner.query('ALTER TABLE idempotency_keys ALTER response DROP NOT NULL');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DELETE FROM idempotency_keys WHERE response IS NULL');
    await runner.query('ALTER TABLE idempotency_keys ALTER response SET NOT NULL');
    await runner.query('ALTER TABLE idempotency_keys RENAME response TO sealed_response');
  }
}
