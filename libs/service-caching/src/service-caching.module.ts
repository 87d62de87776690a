import { Module, type DynamicModule } from '@nestjs/common';
import { CacheModule, Caches } from '@purser/caching';
import { messageTransport, type MessageTransport } from '@purser/messaging';
import { cachesOptions, type ServiceCachingOptions } from './caches-options.ts';
import { CacheFleet } from './cache-fleet.ts';
import { StatisticsResponder } from './statistics.responder.ts';

/**
 * The cache of a service: `CacheModule` with Redis where that is configured, invalidations over the service's messages,
 * metrics, and an answer to whoever asks all replicas for their statistics. Needs `MessagingModule` and `HealthModule`.
 * Provides {@link Caches} and {@link CacheFleet} to the whole app.
 */
@Module({})
export class ServiceCachingModule {
  static register(options: ServiceCachingOptions): DynamicModule {
    const { service } = options;
    return {
      module: ServiceCachingModule,
      global: true,
      imports: [
        CacheModule.forRootAsync({
          inject: [messageTransport],
          useFactory: (transport: MessageTransport) => cachesOptions(options, transport),
        }),
      ],
      providers: [
        {
          provide: StatisticsResponder,
          inject: [Caches, messageTransport],
          useFactory: (caches: Caches, transport: MessageTransport) =>
            new StatisticsResponder(service, caches, transport),
        },
        {
          provide: CacheFleet,
          inject: [Caches, messageTransport],
          useFactory: (caches: Caches, transport: MessageTransport) => new CacheFleet(caches, transport),
        },
      ],
      exports: [CacheFleet],
    };
  }
}
