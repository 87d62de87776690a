import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.ts';
import { ConfigurationModule } from '../configuration/configuration.module.ts';
import { LeasesModule } from '../leases/leases.module.ts';
import { ModelsModule } from '../models/models.module.ts';
import { ProvidersModule } from '../providers/providers.module.ts';
import { BudgetsController } from './budgets.controller.ts';
import { BudgetsRepository } from './budgets.repository.ts';
import { BudgetsService } from './budgets.service.ts';

/** Budgets. */
@Module({
  imports: [ConfigurationModule, AccountsModule, ProvidersModule, ModelsModule, LeasesModule],
  controllers: [BudgetsController],
  providers: [BudgetsService, BudgetsRepository],
})
export class BudgetsModule {}
