import { Module } from '@nestjs/common';
import { ConfigurationModule } from '../configuration/configuration.module.ts';
import { ModelsModule } from '../models/models.module.ts';
import { RoutesController } from './routes.controller.ts';
import { RoutesRepository } from './routes.repository.ts';
import { RoutesService } from './routes.service.ts';

/** Routes. */
@Module({
  imports: [ConfigurationModule, ModelsModule],
  controllers: [RoutesController],
  providers: [RoutesService, RoutesRepository],
})
export class RoutesModule {}
