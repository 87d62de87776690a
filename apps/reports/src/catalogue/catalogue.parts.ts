import type { ModuleMetadata } from '@nestjs/common';
import { Database, IdempotencyKeys } from '@purser/database';
import { DomainsController } from '../domains/domains.controller.ts';
import { DomainsRepository } from '../domains/domains.repository.ts';
import { DomainsService } from '../domains/domains.service.ts';
import { MetricStatsRepository } from '../metrics/metric-stats.repository.ts';
import { MetricViewsService } from '../metrics/metric-views.service.ts';
import { MetricsController } from '../metrics/metrics.controller.ts';
import { MetricsRepository } from '../metrics/metrics.repository.ts';
import { MetricsService } from '../metrics/metrics.service.ts';
import { ObjectivesController } from '../objectives/objectives.controller.ts';
import { ObjectivesService } from '../objectives/objectives.service.ts';
import { CatalogueController } from './catalogue.controller.ts';
import { CatalogueEntries } from './catalogue.entries.ts';
import { CataloguePages } from './catalogue-pages.ts';
import { CatalogueRepository } from './catalogue.repository.ts';
import { CatalogueWarming } from './catalogue-warming.ts';
import { ExportService } from './export.service.ts';
import { ImportPartsRepository } from './import-parts.repository.ts';
import { ImportReferences } from './import-references.ts';
import { ImportService } from './import.service.ts';

/** What answers the messages of the catalogue. */
export const catalogueControllers: NonNullable<ModuleMetadata['controllers']> = [
  MetricsController,
  DomainsController,
  ObjectivesController,
  CatalogueController,
];

/** What the catalogue is made of; needs the service's database and messages. */
export const catalogueProviders: NonNullable<ModuleMetadata['providers']> = [
  { provide: IdempotencyKeys, inject: [Database], useFactory: (database: Database) => new IdempotencyKeys(database) },
  CatalogueRepository,
  CatalogueEntries,
  CataloguePages,
  MetricsRepository,
  MetricsService,
  MetricStatsRepository,
  MetricViewsService,
  DomainsRepository,
  DomainsService,
  ObjectivesService,
  ImportPartsRepository,
  ImportReferences,
  ImportService,
  ExportService,
  CatalogueWarming,
];
