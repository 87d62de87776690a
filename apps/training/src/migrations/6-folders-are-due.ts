import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Folders are read by themselves too, from now on. */
export class FoldersAreDue1764330000000 implements MigrationInterface {
  name = 'FoldersAreDue1764330000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`UPDATE sources SET next_sync_at = clock_timestamp() WHERE kind = 'directory'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`UPDATE sources SET next_sync_at = NULL WHERE kind = 'directory'`);
  }
}
