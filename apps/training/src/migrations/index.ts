import type { MigrationClass } from '@purser/database';
import { SourcesAndWorkEfforts1763600000000 } from './0-sources-and-work-efforts.ts';
import { IdempotencyAnswers1764280000000 } from './1-idempotency-answers.ts';

/** All migrations of the schema `training`, oldest first. */
export const migrations: readonly MigrationClass[] = [
  SourcesAndWorkEfforts1763600000000,
  IdempotencyAnswers1764280000000,
];
