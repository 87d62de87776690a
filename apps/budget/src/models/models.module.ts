import { Module } from '@nestjs/common';
import { ConfigurationModule } from '../configuration/configuration.module.ts';
import { ProvidersModule } from '../providers/providers.module.ts';
import { ModelsController } from './models.controller.ts';
import { ModelsRepository } from './models.repository.ts';
import { ModelsService } from './models.service.ts';

/** Models and their prices. */
@Module({
  imports: [ConfigurationModule, ProvidersModule],
  controllers: [ModelsController],
  providers: [ModelsService, ModelsRepository],
  exports: [ModelsRepository, ModelsService],
})
export class ModelsModule {}
