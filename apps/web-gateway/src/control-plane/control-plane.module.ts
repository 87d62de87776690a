import { Module } from '@nestjs/common';
import { MessageClient } from '@purser/messaging';
import { UsageExports } from '../exports/usage-exports.ts';
import { WEB_GATEWAY_CONFIG, type WebGatewayConfig } from '../web-gateway.config.ts';
import { AccountsController } from './accounts.controller.ts';
import { BudgetsController } from './budgets.controller.ts';
import { CacheController } from './cache.controller.ts';
import { CatalogueFileController } from './catalogue-file.controller.ts';
import { DomainsController } from './domains.controller.ts';
import { KeysController } from './keys.controller.ts';
import { LeasesController } from './leases.controller.ts';
import { LedgerController } from './ledger.controller.ts';
import { MetricPolicyController, MetricsController } from './metrics.controller.ts';
import { ModelsController } from './models.controller.ts';
import { ObjectivesController } from './objectives.controller.ts';
import { ProvidersController } from './providers.controller.ts';
import { ReportsController } from './reports.controller.ts';
import { RoutesController } from './routes.controller.ts';
import { SourcesController } from './sources.controller.ts';
import { WebhooksController } from './webhooks.controller.ts';
import { RateLimitsController } from './rate-limits.controller.ts';
import { DependenciesController, PoolsController } from './traffic.controllers.ts';
import { UsageController } from './usage.controller.ts';
import { Visibility } from './visibility.ts';
import { TagsController, TicketsController, WorkEffortsController } from './work-efforts.controller.ts';

/** `/api/v1`: each route is one message to the service that owns the resource. */
@Module({
  controllers: [
    AccountsController,
    KeysController,
    BudgetsController,
    ProvidersController,
    ModelsController,
    RoutesController,
    LedgerController,
    LeasesController,
    UsageController,
    ReportsController,
    MetricsController,
    MetricPolicyController,
    CatalogueFileController,
    DomainsController,
    ObjectivesController,
    SourcesController,
    WebhooksController,
    WorkEffortsController,
    TicketsController,
    TagsController,
    CacheController,
    PoolsController,
    RateLimitsController,
    DependenciesController,
  ],
  providers: [
    Visibility,
    {
      provide: UsageExports,
      inject: [MessageClient, WEB_GATEWAY_CONFIG],
      useFactory: (client: MessageClient, config: WebGatewayConfig) =>
        new UsageExports(client, { timeoutMs: config.EXPORT_TIMEOUT_MS }),
    },
  ],
})
export class ControlPlaneModule {}
