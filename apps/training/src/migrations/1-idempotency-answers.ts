import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Remembered answers get the form that all services keep them in: a text. */
export class IdempotencyAnswers1764280000000 implements MigrationInterface {
  name = 'IdempotencyAnswers1764280000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE idempotency_keys ALTER response TYPE text USING response::text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE idempotency_keys ALTER response TYPE jsonb USING response::jsonb');
  }
}
