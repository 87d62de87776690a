import {
  Injectable,
  Logger,
  Module,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { messageTransport } from '@purser/messaging';
import { LiveReplicas, TrafficSources } from '@purser/service-traffic';
import { WEB_GATEWAY_CONFIG, type WebGatewayConfig } from '../web-gateway.config.ts';
import { LimitResets } from './limit-resets.ts';
import { openLimiter, OpenedLimiter } from './open-limiter.ts';
import { TrafficLimits } from './traffic-limits.ts';

/** Has a gateway that counts by itself enforce its share of each limit, by the gateways that there are. */
@Injectable()
class LimitsLifecycle implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #logger = new Logger('Limits');
  #stop: (() => void) | undefined;

  constructor(
    private readonly opened: OpenedLimiter,
    private readonly limits: TrafficLimits,
    private readonly gateways: LiveReplicas,
    sources: TrafficSources,
  ) {
    sources.addLimiter('requests', () => limits.statistics());
  }

  onApplicationBootstrap(): void {
    if (this.opened.shared !== undefined)
      return this.#logger.log('All gateways share what they count of limits, in Redis.');
    this.#stop = this.gateways.onChange((live) => this.#enforce(live));
    this.#enforce(this.gateways.live);
  }

  async onApplicationShutdown(): Promise<void> {
    this.#stop?.();
    await this.opened.close();
  }

  #enforce(live: number): void {
    this.limits.enforced.share = 1 / live;
    const part = live === 1 ? 'all of each limit, being the only one' : `1/${live} of each limit, being one of ${live}`;
    this.#logger.log(`Without REDIS_URL each gateway counts by itself: this one enforces ${part}.`);
  }
}

/** The limits of the gateway: {@link TrafficLimits} for the edge and the data plane. Needs `ServiceTrafficModule`. */
@Module({})
export class LimitsModule {
  static register(): DynamicModule {
    return {
      module: LimitsModule,
      global: true,
      providers: [
        {
          provide: OpenedLimiter,
          inject: [WEB_GATEWAY_CONFIG, LiveReplicas],
          useFactory: (config: WebGatewayConfig, gateways: LiveReplicas) =>
            openLimiter(config, () => 1 / gateways.live),
        },
        {
          provide: TrafficLimits,
          inject: [WEB_GATEWAY_CONFIG, OpenedLimiter],
          useFactory: (config: WebGatewayConfig, { limiter }: OpenedLimiter) =>
            new TrafficLimits(limiter, { addressRequestsPerMinute: config.ADDRESS_REQUESTS_PER_MINUTE }),
        },
        {
          provide: LimitResets,
          inject: [messageTransport, LiveReplicas, OpenedLimiter, TrafficLimits],
          useFactory: (...needed: ConstructorParameters<typeof LimitResets>) => new LimitResets(...needed),
        },
        LimitsLifecycle,
      ],
      exports: [TrafficLimits, OpenedLimiter, LimitResets],
    };
  }
}
