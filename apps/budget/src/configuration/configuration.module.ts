import { Module, type FactoryProvider } from '@nestjs/common';
import { Database, IdempotencyKeys } from '@purser/database';
import { SecretBox } from '@purser/secrets';
import { Acknowledgements } from './acknowledgements.ts';
import { ConfigurationController } from './configuration.controller.ts';
import { ConfigurationRepository } from './configuration.repository.ts';
import { ConfigurationService } from './configuration.service.ts';
import { ConfigurationWriter } from './configuration.writer.ts';

const PURPOSE = 'idempotency.response';

/** Answers are sealed, since that to the creation of an API key holds the key. */
const idempotencyKeys: FactoryProvider<IdempotencyKeys> = {
  provide: IdempotencyKeys,
  inject: [Database, SecretBox],
  useFactory: (database: Database, box: SecretBox) =>
    new IdempotencyKeys(database, {
      seal: (answer) => box.seal(answer, PURPOSE),
      open: (sealed) => box.open(sealed, PURPOSE),
    }),
};

/** What gateways know, its version, and the one way to change it. */
@Module({
  controllers: [ConfigurationController],
  providers: [ConfigurationService, ConfigurationRepository, ConfigurationWriter, Acknowledgements, idempotencyKeys],
  exports: [ConfigurationWriter],
})
export class ConfigurationModule {}
