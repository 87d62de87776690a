import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Routes may keep answers: `{ttlSeconds}`, or null. */
export class RouteAnswerCache1764290000000 implements MigrationInterface {
  name = 'RouteAnswerCache1764290000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE routes ADD cache jsonb');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE routes DROP cache');
  }
}
