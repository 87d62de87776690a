import { Module, type DynamicModule, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { Drain } from '../core/drain.ts';
import { MetricSources } from '../core/metric-families.ts';
import { Readiness, type ReadinessCheck, type ReadinessOptions } from '../core/readiness.ts';
import { HealthController } from './health.controller.ts';
import { MetricsController } from './metrics.controller.ts';
import { ServiceInfo } from './service-info.ts';

export interface HealthModuleOptions extends ReadinessOptions {
  /** The service's name, as metrics carry it. */
  readonly service: string;
  readonly version?: string;
  /** What the service needs; components may `add` theirs to {@link Readiness} as well. */
  readonly checks?: readonly ReadinessCheck[];
}

/** Checks while the app runs. */
class ReadinessLifecycle implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #readiness: Readiness;

  constructor(readiness: Readiness, drain: Drain) {
    this.#readiness = readiness;
    drain.add('readiness', 'probes', () => readiness.fall());
  }

  onApplicationBootstrap(): void {
    this.#readiness.watch();
  }

  onApplicationShutdown(): void {
    this.#readiness.stop();
  }
}

/** Serves `/health/live`, `/health/ready`, `/health/startup`, `/metrics`; provides {@link Readiness}, {@link Drain}, {@link MetricSources}. */
@Module({})
export class HealthModule {
  static forRoot({ service, version, checks = [], ...options }: HealthModuleOptions): DynamicModule {
    return {
      module: HealthModule,
      global: true,
      // What is down is in the answer; a line for each probe is not.
      imports: [TerminusModule.forRoot({ logger: false })],
      controllers: [HealthController, MetricsController],
      providers: [
        Drain,
        MetricSources,
        { provide: ServiceInfo, useValue: new ServiceInfo(service, version) },
        {
          provide: Readiness,
          useFactory: (): Readiness => {
            const readiness = new Readiness(options);
            for (const check of checks) readiness.add(check);
            return readiness;
          },
        },
        {
          provide: ReadinessLifecycle,
          inject: [Readiness, Drain],
          useFactory: (readiness: Readiness, drain: Drain) => new ReadinessLifecycle(readiness, drain),
        },
      ],
      exports: [Drain, MetricSources, Readiness],
    };
  }
}
