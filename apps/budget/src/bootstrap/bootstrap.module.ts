import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.ts';
import { ConfigurationModule } from '../configuration/configuration.module.ts';
import { KeysModule } from '../keys/keys.module.ts';
import { ModelsModule } from '../models/models.module.ts';
import { ProvidersModule } from '../providers/providers.module.ts';
import { BootstrapService } from './bootstrap.service.ts';
import { EnvironmentProviders } from './environment-providers.ts';
import { InitialAdmin } from './initial-admin.ts';
import { SimulatorProvider } from './simulator-provider.ts';

/** What each start makes sure of. */
@Module({
  imports: [ConfigurationModule, AccountsModule, KeysModule, ProvidersModule, ModelsModule],
  providers: [BootstrapService, InitialAdmin, EnvironmentProviders, SimulatorProvider],
  exports: [BootstrapService, SimulatorProvider],
})
export class BootstrapModule {}
