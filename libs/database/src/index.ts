export { migrate, type MigrateOptions, type MigrationClass } from './core/migrate.ts';
export {
  EmbeddedPostgresError,
  startEmbeddedPostgres,
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
} from './embedded/index.ts';
