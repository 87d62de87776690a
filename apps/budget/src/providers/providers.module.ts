import { Module } from '@nestjs/common';
import { ConfigurationModule } from '../configuration/configuration.module.ts';
import { ProvidersController } from './providers.controller.ts';
import { ProvidersRepository } from './providers.repository.ts';
import { ProvidersService } from './providers.service.ts';

/** Providers. */
@Module({
  imports: [ConfigurationModule],
  controllers: [ProvidersController],
  providers: [ProvidersService, ProvidersRepository],
  exports: [ProvidersRepository, ProvidersService],
})
export class ProvidersModule {}
