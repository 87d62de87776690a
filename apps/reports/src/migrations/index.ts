import type { MigrationClass } from '@purser/database';
import { UsageEvents1763600000000 } from './0-usage-events.ts';
import { UsageRollups1764000000000 } from './1-usage-rollups.ts';
import { MetricCatalogue1764200000000 } from './2-metric-catalogue.ts';
import { CatalogueImports1764200001000 } from './3-catalogue-imports.ts';
import { WordsAsWritten1764200002000 } from './4-words-as-written.ts';

/** All migrations of the schema `reports`, oldest first. */
export const migrations: readonly MigrationClass[] = [
  UsageEvents1763600000000,
  UsageRollups1764000000000,
  MetricCatalogue1764200000000,
  CatalogueImports1764200001000,
  WordsAsWritten1764200002000,
];
