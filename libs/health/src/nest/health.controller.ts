import { Controller, Get, HttpStatus, Res, ServiceUnavailableException } from '@nestjs/common';
import { HealthCheck, HealthCheckService, HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { Readiness, type CheckState } from '../core/readiness.ts';
import { ServiceInfo } from './service-info.ts';

/** What every HTTP adapter's response offers, by one name or the other. */
interface Reply {
  status(code: number): unknown;
}

@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly readiness: Readiness,
    private readonly info: ServiceInfo,
  ) {}

  /** Answers as long as the process can; asks nothing else, since restarting it would mend nothing else. */
  @Get('live')
  @HealthCheck()
  live(): unknown {
    const { service, version } = this.info;
    return { status: 'ok', service, version, uptimeSeconds: Math.floor(process.uptime()) };
  }

  @Get('ready')
  @HealthCheck()
  ready(@Res({ passthrough: true }) reply: Reply): Promise<unknown> {
    return this.#report(this.readiness.states(), reply);
  }

  @Get('startup')
  @HealthCheck()
  startup(@Res({ passthrough: true }) reply: Reply): Promise<unknown> {
    const { started } = this.readiness;
    const message = 'is starting';
    return this.#report([{ name: 'service', up: started, ...(started ? {} : { message }) }], reply);
  }

  async #report(states: readonly CheckState[], reply: Reply): Promise<unknown> {
    try {
      return await this.health.check(states.map((state) => () => this.#indicator(state)));
    } catch (error) {
      if (!(error instanceof ServiceUnavailableException)) throw error;
      // Answered here: the app's own filter would make it one of its errors, and lose what is missing.
      reply.status(HttpStatus.SERVICE_UNAVAILABLE);
      return error.getResponse();
    }
  }

  #indicator({ name, up, message }: CheckState): HealthIndicatorResult {
    const indicator = this.indicators.check(name);
    return up ? indicator.up() : indicator.down({ message });
  }
}
