import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Forgets the answers that were remembered in the clear: they are sealed from now on, and those could not be opened. */
export class UnsealedAnswers1764340000000 implements MigrationInterface {
  name = 'UnsealedAnswers1764340000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('DELETE FROM idempotency_keys');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DELETE FROM idempotency_keys');
  }
}
