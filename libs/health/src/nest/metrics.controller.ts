import { Controller, Get, Header } from '@nestjs/common';
import { Drain } from '../core/drain.ts';
import { MetricSources, metricsText, type MetricFamily } from '../core/metric-families.ts';
import { Readiness } from '../core/readiness.ts';
import { ServiceInfo } from './service-info.ts';

@Controller('metrics')
export class MetricsController {
  constructor(
    private readonly info: ServiceInfo,
    private readonly readiness: Readiness,
    private readonly drain: Drain,
    private readonly sources: MetricSources,
  ) {}

  /** What a scrape needs to see that the service lives, and what its components count; Prometheus' text format 0.0.4. */
  @Get()
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  @Header('cache-control', 'no-store')
  metrics(): string {
    const startedAt = `process_start_time_seconds ${(performance.timeOrigin / 1_000).toFixed(3)}`;
    const labels = { service: this.info.service };
    return [
      '# HELP process_start_time_seconds When the process started, in seconds since 1970.',
      '# TYPE process_start_time_seconds gauge',
      startedAt,
      metricsText([...this.#own(), ...this.sources.families()], labels),
    ].join('\n');
  }

  #own(): MetricFamily[] {
    const checks = this.readiness.states().filter(({ name }) => name !== 'service');
    return [
      {
        ...gauge('purser_ready', 'Whether the service takes work.'),
        samples: [{ labels: {}, value: this.readiness.ready }],
      },
      {
        ...gauge('purser_check_up', 'Whether something that the service needs is there.'),
        samples: checks.map(({ name, up }) => ({ labels: { check: name }, value: up })),
      },
      {
        ...gauge('purser_in_flight', 'Work under way, by kind.'),
        samples: [...this.drain.inFlight()].map(([kind, count]) => ({ labels: { kind }, value: count })),
      },
    ];
  }
}

function gauge(name: string, help: string): Pick<MetricFamily, 'name' | 'help' | 'type'> {
  return { name, help, type: 'gauge' };
}
