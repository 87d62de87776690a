import { Get, HttpCode, Inject, Post, Req } from '@nestjs/common';
import { limitReset, validate, type LimitersOfAll } from '@purser/contracts';
import { invalidField } from '@purser/errors';
import { TrafficFleet } from '@purser/service-traffic';
import type { FastifyRequest } from 'fastify';
import { LimitResets } from '../limits/limit-resets.ts';
import type { ResettableScope } from '../limits/reset-demands.ts';
import { WEB_GATEWAY_CONFIG, type WebGatewayConfig } from '../web-gateway.config.ts';
import { bodyOf } from './control-plane-request.ts';
import { ControlPlane } from './control-plane.decorator.ts';
import { Visibility } from './visibility.ts';

/** What all replicas of all services limit, and for whom; and the limits of a key, an account or a provider begun anew. */
@ControlPlane('rate-limits')
export class RateLimitsController {
  constructor(
    private readonly fleet: TrafficFleet,
    private readonly resets: LimitResets,
    private readonly visibility: Visibility,
    @Inject(WEB_GATEWAY_CONFIG) private readonly config: WebGatewayConfig,
  ) {}

  @Get('stats')
  stats(): Promise<LimitersOfAll> {
    return this.fleet.limiters();
  }

  @Post('reset')
  @HttpCode(200)
  async reset(@Req() request: FastifyRequest): Promise<{ scope: ResettableScope; id: string }> {
    const owner = validate(limitReset, bodyOf(request, limitReset, this.config.MAX_JSON_DEPTH));
    const [field, id] = Object.entries(owner).find(([, each]) => each !== undefined)!;
    const scope = field.replace('Id', '') as ResettableScope;
    if (!this.visibility.snapshot.has(scope, id)) throw invalidField(field, `must be the id of an existing ${scope}`);
    await this.resets.reset(scope, id);
    return { scope, id };
  }
}
