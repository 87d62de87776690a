import type { ModuleMetadata } from '@nestjs/common';
import { Database, IdempotencyKeys } from '@purser/database';
import { MetricsController } from '../metrics/metrics.controller.ts';
import { MetricsRepository } from '../metrics/metrics.repository.ts';
import { MetricsService } from '../metrics/metrics.service.ts';
import { CatalogueEntries } from './catalogue.entries.ts';
import { CatalogueRepository } from './catalogue.repository.ts';

/** What answers the messages of the catalogue. */
export const catalogueControllers: NonNullable<ModuleMetadata['controllers']> = [MetricsController];

/** What the catalogue is made of; needs the service's database and messages. */
export const catalogueProviders: NonNullable<ModuleMetadata['providers']> = [
  { provide: IdempotencyKeys, inject: [Database], useFactory: (database: Database) => new IdempotencyKeys(database) },
  CatalogueRepository,
  CatalogueEntries,
  MetricsRepository,
  MetricsService,
];
