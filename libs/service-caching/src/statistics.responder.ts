import { Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Caches, CacheWarmer } from '@purser/caching';
import { askCacheStatistics, tellCacheStatistics, type PayloadOf } from '@purser/contracts';
import { PublishChannel, type MessageTransport } from '@purser/messaging';

/** Tells whoever asks what this replica's cache counts. */
export class StatisticsResponder implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #logger = new Logger('Cache');
  readonly #questions: PublishChannel<typeof askCacheStatistics>;
  readonly #answers: PublishChannel<typeof tellCacheStatistics>;
  #stop: (() => void) | undefined;

  constructor(
    private readonly service: string,
    private readonly caches: Caches,
    private readonly warmer: CacheWarmer,
    transport: MessageTransport,
  ) {
    const warn = (error: unknown): void => this.#logger.warn(`Can't tell the cache's statistics: ${String(error)}`);
    this.#questions = new PublishChannel(transport, askCacheStatistics, warn);
    this.#answers = new PublishChannel(transport, tellCacheStatistics, warn);
  }

  async onApplicationBootstrap(): Promise<void> {
    this.#stop = await this.#questions.subscribe(({ askId }) => {
      const warming = this.warmer.statistics();
      const statistics = { service: this.service, ...this.caches.statistics(), warming };
      this.#answers.publish({ askId, statistics: statistics as PayloadOf<typeof tellCacheStatistics>['statistics'] });
    });
  }

  onApplicationShutdown(): void {
    this.#stop?.();
  }
}
