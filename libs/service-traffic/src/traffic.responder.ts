import { Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { askTrafficStatistics, tellTrafficStatistics } from '@purser/contracts';
import { answerFleet, type FleetQuestion, type MessageTransport } from '@purser/messaging';
import type { TrafficSources } from './traffic-sources.ts';

/** The pools, limiters and dependencies of every replica. */
export const trafficQuestion: FleetQuestion<typeof askTrafficStatistics, typeof tellTrafficStatistics> = {
  ask: askTrafficStatistics,
  tell: tellTrafficStatistics,
  replicaOf: ({ statistics }) => statistics.replica,
};

/** Tells whoever asks of this replica's pools, limiters and dependencies. */
export class TrafficResponder implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #logger = new Logger('Traffic');
  #stop: (() => void) | undefined;

  constructor(
    private readonly names: { readonly service: string; readonly replica: string },
    private readonly sources: TrafficSources,
    private readonly transport: MessageTransport,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { service, replica } = this.names;
    this.#stop = await answerFleet(
      this.transport,
      trafficQuestion,
      () => ({ statistics: { service, replica, ...this.sources.statistics() } }),
      (error) => this.#logger.warn(`Can't tell of pools, limiters and dependencies: ${String(error)}`),
    );
  }

  onApplicationShutdown(): void {
    this.#stop?.();
  }
}
