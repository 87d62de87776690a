import { randomUUID } from 'node:crypto';
import { Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { MetricSources } from '@purser/health';
import { messageTransport, type MessageTransport } from '@purser/messaging';
import { LiveReplicas } from './live-replicas.ts';
import type { MessageAdmission } from './message-admission.ts';
import type { MessageResilience } from './message-resilience.ts';
import { TrafficFleet } from './traffic-fleet.ts';
import { TrafficResponder } from './traffic.responder.ts';
import { TrafficSources } from './traffic-sources.ts';

export interface ServiceTrafficOptions {
  /** The service's name, as metrics and statistics have it. */
  readonly service: string;
  /** For a service that divides something among its replicas: see `LiveReplicasOptions`. Default 0. */
  readonly meetMs?: number | undefined;
  /** What its requests are admitted by; the module's from here on: it is closed with it. Default: all are admitted. */
  readonly admission?: MessageAdmission | undefined;
  /** What its own requests to others go through. Default: nothing. */
  readonly resilience?: MessageResilience;
}

/** Closes the limiter of messages with the app. */
class AdmissionLifecycle implements OnApplicationShutdown {
  constructor(private readonly admission: MessageAdmission | undefined) {}

  onApplicationShutdown(): Promise<void> | undefined {
    return this.admission?.close();
  }
}

/**
 * The traffic of a service, to be looked into: pools, limiters and dependencies as metrics and for whoever asks all replicas,
 * and which replicas there are. Needs `MessagingModule` and `HealthModule`. Provides {@link TrafficSources},
 * {@link LiveReplicas} and {@link TrafficFleet} to the whole app.
 */
@Module({})
export class ServiceTrafficModule {
  static register({ service, meetMs, admission, resilience }: ServiceTrafficOptions): DynamicModule {
    const replica = `${service}-${randomUUID()}`;
    return {
      module: ServiceTrafficModule,
      global: true,
      providers: [
        {
          provide: TrafficSources,
          inject: [MetricSources],
          useFactory: (metrics: MetricSources) => {
            const sources = new TrafficSources();
            if (admission) sources.addLimiter('messages', () => admission.statistics());
            if (resilience) sources.addDependencies(() => resilience.statistics());
            metrics.add(() => sources.metrics());
            return sources;
          },
        },
        {
          provide: LiveReplicas,
          inject: [messageTransport],
          useFactory: (transport: MessageTransport) =>
            new LiveReplicas({ service, replica, transport, ...(meetMs !== undefined && { meetMs }) }),
        },
        {
          provide: TrafficResponder,
          inject: [TrafficSources, messageTransport],
          useFactory: (sources: TrafficSources, transport: MessageTransport) =>
            new TrafficResponder({ service, replica }, sources, transport),
        },
        {
          provide: TrafficFleet,
          inject: [LiveReplicas, messageTransport],
          useFactory: (replicas: LiveReplicas, transport: MessageTransport) => new TrafficFleet(replicas, transport),
        },
        { provide: AdmissionLifecycle, useFactory: () => new AdmissionLifecycle(admission) },
      ],
      exports: [TrafficSources, LiveReplicas, TrafficFleet],
    };
  }
}
