export { bigintColumn } from './core/bigint-column.ts';
export { sqlState, toDomainError } from './core/database-errors.ts';
export type { ConnectionOptions, DatabaseOptions, SchemaOptions } from './core/database-options.ts';
export { checkDatabase, connectionOptions, databaseVariables, type DatabaseConfig } from './core/database-variables.ts';
export { Database, type TransactionOptions } from './core/database.ts';
export { migrate, type MigrateOptions, type MigrationClass } from './core/migrate.ts';
export { retryTransient, type RetryOptions } from './core/retry-transient.ts';
export type { IsolationLevel } from './core/transaction-scope.ts';
export {
  EmbeddedPostgresError,
  startEmbeddedPostgres,
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
} from './embedded/index.ts';
export { DatabaseModule, type DatabaseModuleAsyncOptions } from './nest/database.module.ts';
export {
  IDEMPOTENCY_KEYS_TABLE,
  IdempotencyKeys,
  type AnswerSeal,
  type IdempotentUse,
} from './resources/idempotency-keys.ts';
export { setFields } from './resources/set-fields.ts';
export {
  ArchivableRows,
  StoredRows,
  type NewRow,
  type PageQuery,
  type RowChanges,
  type RowPage,
} from './resources/stored-rows.ts';
export { ArchivableEntity, STORED_COLUMNS, StoredEntity, storedFields } from './resources/stored.entity.ts';
