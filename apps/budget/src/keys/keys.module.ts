import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.ts';
import { ConfigurationModule } from '../configuration/configuration.module.ts';
import { KeysController } from './keys.controller.ts';
import { KeysRepository } from './keys.repository.ts';
import { KeysService } from './keys.service.ts';

/** API keys. */
@Module({
  imports: [ConfigurationModule, AccountsModule],
  controllers: [KeysController],
  providers: [KeysService, KeysRepository],
  exports: [KeysRepository, KeysService],
})
export class KeysModule {}
