import { Controller, Get, Header } from '@nestjs/common';
import { Drain } from '../core/drain.ts';
import { Readiness } from '../core/readiness.ts';
import { ServiceInfo } from './service-info.ts';

@Controller('metrics')
export class MetricsController {
  constructor(
    private readonly info: ServiceInfo,
    private readonly readiness: Readiness,
    private readonly drain: Drain,
  ) {}

  /** What a scrape needs to see that the service lives, in Prometheus' text format 0.0.4. */
  @Get()
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  @Header('cache-control', 'no-store')
  metrics(): string {
    const startedAt = (performance.timeOrigin / 1_000).toFixed(3);
    const checks = this.readiness.states().filter(({ name }) => name !== 'service');
    return [
      ...gauge('process_start_time_seconds', 'When the process started, in seconds since 1970.', [['', startedAt]]),
      ...gauge('purser_ready', 'Whether the service takes work.', [[this.#labels(), this.readiness.ready]]),
      ...gauge(
        'purser_check_up',
        'Whether something that the service needs is there.',
        checks.map(({ name, up }) => [this.#labels({ check: name }), up]),
      ),
      ...gauge(
        'purser_in_flight',
        'Work under way, by kind.',
        [...this.drain.inFlight()].map(([kind, count]) => [this.#labels({ kind }), count]),
      ),
      '',
    ].join('\n');
  }

  #labels(more: Readonly<Record<string, string>> = {}): string {
    const labels = Object.entries({ service: this.info.service, ...more });
    return `{${labels.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(',')}}`;
  }
}

function gauge(
  name: string,
  help: string,
  values: readonly (readonly [string, string | number | boolean])[],
): string[] {
  if (values.length === 0) return [];
  return [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} gauge`,
    ...values.map(([labels, value]) => `${name}${labels} ${Number(value)}`),
  ];
}
