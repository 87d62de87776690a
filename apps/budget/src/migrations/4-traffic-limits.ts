import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Keys, accounts and providers may have limits: `{requestsPerMinute?, tokensPerMinute?, concurrency?}`, or null. */
export class TrafficLimits1764300000000 implements MigrationInterface {
  name = 'TrafficLimits1764300000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const table of ['accounts', 'api_keys', 'providers'])
      await runner.query(`ALTER TABLE ${table} ADD limits jsonb`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['accounts', 'api_keys', 'providers']) await runner.query(`ALTER TABLE ${table} DROP limits`);
  }
}
