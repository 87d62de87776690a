import { Injectable, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { Drain, HealthModule, MetricSources } from '@purser/health';
import { MessagingModule, type MessageTransport } from '@purser/messaging';
import { ServiceCachingModule } from '@purser/service-caching';
import { LiveReplicas, MessageResilience, ServiceTrafficModule } from '@purser/service-traffic';
import { sharersOf } from './authentication/sharers.ts';
import { ChatCompletions } from './data-plane/chat-completions.ts';
import { dataPlaneControllers, dataPlaneProviders } from './data-plane/data-plane.providers.ts';
import { edgeModules } from './edge.modules.ts';
import { limitMetrics } from './limits/limits.metrics.ts';
import { OpenedLimiter } from './limits/open-limiter.ts';
import { TrafficLimits } from './limits/traffic-limits.ts';
import { ProviderConnections } from './providers/provider-connections.ts';
import { SpendingModule } from './spending/spending.module.ts';
import type { WebGatewayConfig } from './web-gateway.config.ts';

/** The service's name. */
export const WEB_GATEWAY_SERVICE = 'web-gateway';

/** Before a gateway gives its part of limits it should know with how many it shares them. */
const MEET_MS = 250;

export interface WebGatewayModuleOptions {
  readonly config: WebGatewayConfig;
  /** Of the service `web-gateway`. */
  readonly transport: MessageTransport;
}

/** Ends the data plane: streams that are read on after their client left are no open request of ours any more. */
@Injectable()
class DataPlaneLifecycle implements OnApplicationShutdown {
  constructor(
    drain: Drain,
    completions: ChatCompletions,
    private readonly connections: ProviderConnections,
  ) {
    drain.add('in-flight', 'chat completions', (deadlineMs) => completions.whenIdle(deadlineMs));
  }

  onApplicationShutdown(): Promise<void> {
    return this.connections.close();
  }
}

@Module({
  imports: [SpendingModule],
  controllers: [...dataPlaneControllers],
  providers: [...dataPlaneProviders, DataPlaneLifecycle],
})
class DataPlaneModule {}

/** Shows among the metrics what limits do. */
@Injectable()
class LimitsVisibility {
  constructor(opened: OpenedLimiter, limits: TrafficLimits, gateways: LiveReplicas, metrics: MetricSources) {
    metrics.add(() => limitMetrics(opened, limits, 1 / gateways.live));
  }
}

@Module({ providers: [LimitsVisibility] })
class LimitsMetricsModule {}

/** The HTTP edge and the data plane. Ready once it has read the configuration and may spend. */
@Module({})
export class WebGatewayModule {
  static register({ config, transport }: WebGatewayModuleOptions): DynamicModule {
    const resilience = new MessageResilience();
    return {
      module: WebGatewayModule,
      imports: [
        // A client should not learn that a service is being restarted.
        MessagingModule.forRoot({
          service: WEB_GATEWAY_SERVICE,
          transport,
          whenNobodyServes: 'wait',
          guard: resilience.guard,
        }),
        HealthModule.forRoot({ service: WEB_GATEWAY_SERVICE }),
        ServiceCachingModule.register({ service: WEB_GATEWAY_SERVICE, config, http: { callerOf: sharersOf } }),
        ServiceTrafficModule.register({ service: WEB_GATEWAY_SERVICE, meetMs: MEET_MS, resilience }),
        ...edgeModules(config),
        DataPlaneModule,
        LimitsMetricsModule,
      ],
    };
  }
}
