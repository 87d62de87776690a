import { Module } from '@nestjs/common';
import { IdempotencyKeys } from '../idempotency/idempotency-keys.ts';
import { Acknowledgements } from './acknowledgements.ts';
import { ConfigurationController } from './configuration.controller.ts';
import { ConfigurationRepository } from './configuration.repository.ts';
import { ConfigurationService } from './configuration.service.ts';
import { ConfigurationWriter } from './configuration.writer.ts';

/** What gateways know, its version, and the one way to change it. */
@Module({
  controllers: [ConfigurationController],
  providers: [ConfigurationService, ConfigurationRepository, ConfigurationWriter, Acknowledgements, IdempotencyKeys],
  exports: [ConfigurationWriter],
})
export class ConfigurationModule {}
