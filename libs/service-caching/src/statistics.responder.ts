import { Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Caches, CacheWarmer } from '@purser/caching';
import { askCacheStatistics, tellCacheStatistics, type PayloadOf } from '@purser/contracts';
import { answerFleet, type FleetQuestion, type MessageTransport } from '@purser/messaging';

/** What every replica's cache counts. */
export const cacheStatisticsQuestion: FleetQuestion<typeof askCacheStatistics, typeof tellCacheStatistics> = {
  ask: askCacheStatistics,
  tell: tellCacheStatistics,
  replicaOf: ({ statistics }) => statistics.replica,
};

/** Tells whoever asks what this replica's cache counts. */
export class StatisticsResponder implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #logger = new Logger('Cache');
  #stop: (() => void) | undefined;

  constructor(
    private readonly service: string,
    private readonly caches: Caches,
    private readonly warmer: CacheWarmer,
    private readonly transport: MessageTransport,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.#stop = await answerFleet(
      this.transport,
      cacheStatisticsQuestion,
      () => ({ statistics: this.#statistics() }),
      (error) => this.#logger.warn(`Can't tell the cache's statistics: ${String(error)}`),
    );
  }

  onApplicationShutdown(): void {
    this.#stop?.();
  }

  #statistics() {
    const warming = this.warmer.statistics();
    const statistics = { service: this.service, ...this.caches.statistics(), warming };
    return statistics as PayloadOf<typeof tellCacheStatistics>['statistics'];
  }
}
