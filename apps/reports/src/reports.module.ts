import { Module, type DynamicModule } from '@nestjs/common';
import { connectionOptions, Database, DatabaseModule } from '@purser/database';
import { HealthModule } from '@purser/health';
import { MessagingModule, type MessageTransport } from '@purser/messaging';
import { ServiceCachingModule } from '@purser/service-caching';
import {
  MessageResilience,
  serviceDependencies,
  ServiceTrafficModule,
  type MessageAdmission,
} from '@purser/service-traffic';
import { catalogueControllers, catalogueProviders } from './catalogue/catalogue.parts.ts';
import { migrations } from './migrations/index.ts';
import type { ReportsConfig } from './reports.config.ts';
import { DashboardRepository } from './rollups/dashboard.repository.ts';
import { RollupsController } from './rollups/rollups.controller.ts';
import { RollupsRepository } from './rollups/rollups.repository.ts';
import { RollupsService } from './rollups/rollups.service.ts';
import { UsageChanges } from './usage/usage-changes.ts';
import { UsageController } from './usage/usage.controller.ts';
import { UsageEventEntity } from './usage/usage-event.entity.ts';
import { UsageRepository } from './usage/usage.repository.ts';
import { UsageService } from './usage/usage.service.ts';

/** The service's name: of its queue, its subjects, its durable consumer and its schema. */
export const REPORTS_SERVICE = 'reports';

export interface ReportsModuleOptions {
  readonly config: ReportsConfig;
  /** Of the service `reports`. */
  readonly transport: MessageTransport;
  /** What its requests are admitted by. Default: all are. */
  readonly admission?: MessageAdmission | undefined;
}

/** What happened. Migrates its schema before it answers messages. */
@Module({})
export class ReportsModule {
  static register({ config, transport, admission }: ReportsModuleOptions): DynamicModule {
    const resilience = new MessageResilience();
    return {
      module: ReportsModule,
      imports: [
        DatabaseModule.forRoot({
          ...connectionOptions(config),
          schema: REPORTS_SERVICE,
          entities: [UsageEventEntity],
          migrations,
        }),
        MessagingModule.forRoot({ service: REPORTS_SERVICE, transport, guard: resilience.guard }),
        HealthModule.forRoot({ service: REPORTS_SERVICE }),
        ServiceTrafficModule.register({ service: REPORTS_SERVICE, admission, resilience }),
        ServiceCachingModule.register({ service: REPORTS_SERVICE, config }),
      ],
      controllers: [UsageController, RollupsController, ...catalogueControllers],
      providers: [
        ...[serviceDependencies(Database), UsageService, UsageRepository, UsageChanges],
        ...[RollupsService, RollupsRepository, DashboardRepository],
        ...catalogueProviders,
      ],
    };
  }
}
