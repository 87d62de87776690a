import { Get, Req } from '@nestjs/common';
import {
  sumUsage,
  topUsage,
  usageDashboard,
  usageDashboardQuery,
  usageLatency,
  usageLatencyQuery,
  usageSumQuery,
  usageTopQuery,
  type RequestOf,
} from '@purser/contracts';
import { MessageClient } from '@purser/messaging';
import type { FastifyRequest } from 'fastify';
import { queryOf, type Schema } from './control-plane-request.ts';
import { ControlPlane } from './control-plane.decorator.ts';
import { Visibility } from './visibility.ts';

/** What usage adds up to. */
@ControlPlane('reports')
export class ReportsController {
  constructor(
    private readonly client: MessageClient,
    private readonly visibility: Visibility,
  ) {}

  @Get('usage')
  usage(@Req() request: FastifyRequest) {
    return this.client.request(sumUsage, this.#queryOf(request, usageSumQuery));
  }

  @Get('top')
  top(@Req() request: FastifyRequest) {
    return this.client.request(topUsage, this.#queryOf(request, usageTopQuery) as RequestOf<typeof topUsage>);
  }

  @Get('latency')
  latency(@Req() request: FastifyRequest) {
    return this.client.request(usageLatency, this.#queryOf(request, usageLatencyQuery));
  }

  @Get('dashboard')
  dashboard(@Req() request: FastifyRequest) {
    return this.client.request(usageDashboard, this.#queryOf(request, usageDashboardQuery));
  }

  /** Of what the caller sees. */
  #queryOf(request: FastifyRequest, schema: Schema) {
    return this.visibility.narrowed(request.caller, queryOf(request, schema));
  }
}
