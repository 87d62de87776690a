import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Catalogue files on their way in, part by part. And a domain may take the name that another gives up in the same
 * statement, as it does when an import swaps two.
 */
export class CatalogueImports1764200001000 implements MigrationInterface {
  name = 'CatalogueImports1764200001000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE catalogue_import_parts (
        import_id uuid NOT NULL,
        part smallint NOT NULL,
        text text NOT NULL,
        staged_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (import_id, part)
      )`);
    await runner.query('ALTER TABLE domains DROP CONSTRAINT domains_name');
    await runner.query('ALTER TABLE domains ADD CONSTRAINT domains_name UNIQUE (name) DEFERRABLE INITIALLY IMMEDIATE');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE domains DROP CONSTRAINT domains_name');
    await runner.query('ALTER TABLE domains ADD CONSTRAINT domains_name UNIQUE (name)');
    await runner.query('DROP TABLE catalogue_import_parts');
  }
}
