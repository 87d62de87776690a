import { Module, type DynamicModule } from '@nestjs/common';
import { CacheModule, cacheMetrics, Caches, CacheWarmer } from '@purser/caching';
import { MetricSources, Readiness } from '@purser/health';
import { messageTransport, type MessageTransport } from '@purser/messaging';
import { cachesOptions, type ServiceCachingOptions } from './caches-options.ts';
import { CacheFleet } from './cache-fleet.ts';
import { StatisticsResponder } from './statistics.responder.ts';

/** The warmer's own bound, and some. */
const WARM_WITHIN_MS = 11_000;

/** Shows the cache among the service's metrics, and has its readiness wait for what is warmed at the start. */
class CacheVisibility {
  constructor(caches: Caches, warmer: CacheWarmer, metrics: MetricSources, readiness: Readiness) {
    metrics.add(() => cacheMetrics(caches.statistics(), warmer.statistics()));
    readiness.add({ name: 'cache', check: () => warmer.ready(), timeoutMs: WARM_WITHIN_MS });
  }
}

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
          inject: [Caches, CacheWarmer, messageTransport],
          useFactory: (caches: Caches, warmer: CacheWarmer, transport: MessageTransport) =>
            new StatisticsResponder(service, caches, warmer, transport),
        },
        {
          provide: CacheFleet,
          inject: [Caches, messageTransport],
          useFactory: (caches: Caches, transport: MessageTransport) => new CacheFleet(caches, transport),
        },
        {
          provide: CacheVisibility,
          inject: [Caches, CacheWarmer, MetricSources, Readiness],
          useFactory: (caches: Caches, warmer: CacheWarmer, metrics: MetricSources, readiness: Readiness) =>
            new CacheVisibility(caches, warmer, metrics, readiness),
        },
      ],
      exports: [CacheFleet],
    };
  }
}
