import { Module, type DynamicModule } from '@nestjs/common';
import { connectionOptions, Database, DatabaseModule, IdempotencyKeys } from '@purser/database';
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
import { openCacheOnDisk } from './cache-on-disk.ts';
import { WorkChanges } from './changes/work-changes.ts';
import { DirectoryReader } from './folders/directory-reader.ts';
import { githubProviders } from './github/github.providers.ts';
import { migrations } from './migrations/index.ts';
import { SourceEntity } from './sources/source.entity.ts';
import { SourcesController } from './sources/sources.controller.ts';
import { SourcesRepository } from './sources/sources.repository.ts';
import { SourcesService } from './sources/sources.service.ts';
import { ChangedSyncs } from './sync/changed-syncs.ts';
import { DueSourcesRepository } from './sync/due-sources.repository.ts';
import { DueSyncs } from './sync/due-syncs.ts';
import { ItemsRepository } from './sync/items.repository.ts';
import { SourceReaders } from './sync/source-readers.ts';
import { SyncRepository } from './sync/sync.repository.ts';
import { SyncService } from './sync/sync.service.ts';
import type { TrainingConfig } from './training.config.ts';
import { TagsController } from './tags/tags.controller.ts';
import { TagLinksRepository } from './tags/tag-links.repository.ts';
import { TagsRepository } from './tags/tags.repository.ts';
import { TicketEntity } from './tickets/ticket.entity.ts';
import { TicketsController } from './tickets/tickets.controller.ts';
import { TicketsRepository } from './tickets/tickets.repository.ts';
import { TicketsService } from './tickets/tickets.service.ts';
import { WorkEffortEntity } from './work-efforts/work-effort.entity.ts';
import { WorkEffortsController } from './work-efforts/work-efforts.controller.ts';
import { WorkEffortsRepository } from './work-efforts/work-efforts.repository.ts';
import { WorkEffortsService } from './work-efforts/work-efforts.service.ts';
import { ToldChangesRepository } from './sync/told-changes.repository.ts';
import { WebhooksController } from './webhooks/webhooks.controller.ts';
import { WebhooksRepository } from './webhooks/webhooks.repository.ts';
import { WebhooksService } from './webhooks/webhooks.service.ts';

/** The service's name: of its queue, its subjects and its schema. */
export const TRAINING_SERVICE = 'training';

export interface TrainingModuleOptions {
  readonly config: TrainingConfig;
  /** Of the service `training`. */
  readonly transport: MessageTransport;
  /** What its requests are admitted by. Default: all are. */
  readonly admission?: MessageAdmission | undefined;
  /** Where the cache keeps what outlives a restart; of this process alone. Default: nowhere. */
  readonly cacheFolder?: string | undefined;
}

const ANSWER_PURPOSE = 'idempotency.response';

/** Answers are sealed, since that to the creation of a source may hold its webhook secret. */
function idempotencyKeys(database: Database, box: SecretBox): IdempotencyKeys {
  return new IdempotencyKeys(database, {
    seal: (answer) => box.seal(answer, ANSWER_PURPOSE),
    open: (sealed) => box.open(sealed, ANSWER_PURPOSE),
  });
}

/** Sources of work, and the work that they hold. Migrates its schema before it answers messages. */
@Module({})
export class TrainingModule {
  static register({ config, transport, admission, cacheFolder }: TrainingModuleOptions): DynamicModule {
    const resilience = new MessageResilience();
    return {
      module: TrainingModule,
      imports: [
        DatabaseModule.forRoot({
          ...connectionOptions(config),
          schema: TRAINING_SERVICE,
          entities: [SourceEntity, WorkEffortEntity, TicketEntity],
          migrations,
        }),
        MessagingModule.forRoot({ service: TRAINING_SERVICE, transport, guard: resilience.guard }),
        HealthModule.forRoot({ service: TRAINING_SERVICE }),
        ServiceTrafficModule.register({ service: TRAINING_SERVICE, admission, resilience }),
        ServiceCachingModule.register({
          service: TRAINING_SERVICE,
          config,
          ...(cacheFolder !== undefined && {
            openLocalTiers: () => openCacheOnDisk({ folder: cacheFolder, maxBytes: config.CACHE_DISK_BYTES }),
          }),
        }),
      ],
      controllers: [SourcesController, WorkEffortsController, TicketsController, TagsController, WebhooksController],
      providers: [
        ...githubProviders(config),
        ChangedSyncs,
        serviceDependencies(Database),
        DirectoryReader,
        DueSourcesRepository,
        DueSyncs,
        {
          provide: IdempotencyKeys,
          inject: [Database, SecretBox],
          useFactory: idempotencyKeys,
        },
        ItemsRepository,
        SourceReaders,
        SourcesRepository,
        SourcesService,
        SyncRepository,
        SyncService,
        ToldChangesRepository,
        WebhooksRepository,
        WebhooksService,
        TagLinksRepository,
        TagsRepository,
        TicketsRepository,
        TicketsService,
        WorkChanges,
        WorkEffortsRepository,
        WorkEffortsService,
      ],
    };
  }
}
