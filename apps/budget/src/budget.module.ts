import { Module, type DynamicModule } from '@nestjs/common';
import { connectionOptions, Database, DatabaseModule } from '@purser/database';
import { HealthModule } from '@purser/health';
import { MessagingModule, type MessageTransport } from '@purser/messaging';
import { SecretBox } from '@purser/secrets';
import { ServiceCachingModule } from '@purser/service-caching';
import {
  MessageResilience,
  serviceDependencies,
  ServiceTrafficModule,
  type MessageAdmission,
} from '@purser/service-traffic';
import { AccountEntity } from './accounts/account.entity.ts';
import { AccountsModule } from './accounts/accounts.module.ts';
import { BootstrapModule } from './bootstrap/bootstrap.module.ts';
import { BUDGET_CONFIG, type BudgetConfig } from './budget.config.ts';
import { BudgetEntity } from './budgets/budget.entity.ts';
import { BudgetsModule } from './budgets/budgets.module.ts';
import { ConfigurationModule } from './configuration/configuration.module.ts';
import { KeyEntity } from './keys/key.entity.ts';
import { KeysModule } from './keys/keys.module.ts';
import { LeasesModule } from './leases/leases.module.ts';
import { LedgerModule } from './ledger/ledger.module.ts';
import { migrations } from './migrations/index.ts';
import { ModelEntity } from './models/model.entity.ts';
import { ModelsModule } from './models/models.module.ts';
import { PriceEntity } from './models/price.entity.ts';
import { OutboxModule } from './outbox/outbox.module.ts';
import { ProviderEntity } from './providers/provider.entity.ts';
import { ProvidersModule } from './providers/providers.module.ts';
import { RouteEntity } from './routes/route.entity.ts';
import { RoutesModule } from './routes/routes.module.ts';
import { SettlementModule } from './settlement/settlement.module.ts';

/** The service's name: of its queue, its subjects and its schema. */
export const BUDGET_SERVICE = 'budget';

const entities = [AccountEntity, KeyEntity, BudgetEntity, ProviderEntity, ModelEntity, PriceEntity, RouteEntity];

export interface BudgetModuleOptions {
  readonly config: BudgetConfig;
  /** Of the service `budget`. */
  readonly transport: MessageTransport;
  /** What its requests are admitted by. Default: all are. */
  readonly admission?: MessageAdmission | undefined;
}

/** Money and providers. Migrates its schema and sets up what a first start needs before it answers messages. */
@Module({})
export class BudgetModule {
  static register({ config, transport, admission }: BudgetModuleOptions): DynamicModule {
    const resilience = new MessageResilience();
    return {
      module: BudgetModule,
      imports: [
        foundation(config),
        MessagingModule.forRoot({ service: BUDGET_SERVICE, transport, guard: resilience.guard }),
        HealthModule.forRoot({ service: BUDGET_SERVICE }),
        ServiceTrafficModule.register({ service: BUDGET_SERVICE, admission, resilience }),
        ServiceCachingModule.register({ service: BUDGET_SERVICE, config }),
        AccountsModule,
        KeysModule,
        BudgetsModule,
        ProvidersModule,
        ModelsModule,
        RoutesModule,
        ConfigurationModule,
        LeasesModule,
        SettlementModule,
        LedgerModule,
        OutboxModule,
        BootstrapModule,
      ],
      providers: [serviceDependencies(Database)],
    };
  }
}

class BudgetFoundation {}

/** What all features stand on; global within this app only, since each service is an app of its own. */
function foundation(config: BudgetConfig): DynamicModule {
  const database = DatabaseModule.forRoot({
    ...connectionOptions(config),
    schema: BUDGET_SERVICE,
    applicationName: 'purser-budget',
    entities,
    migrations,
  });
  return {
    module: BudgetFoundation,
    global: true,
    imports: [database],
    providers: [
      { provide: BUDGET_CONFIG, useValue: config },
      { provide: SecretBox, useFactory: () => new SecretBox(config.PURSER_MASTER_KEY) },
    ],
    exports: [database, BUDGET_CONFIG, SecretBox],
  };
}
