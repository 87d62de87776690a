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
import { queryOf } from './control-plane-request.ts';
import { ControlPlane } from './control-plane.decorator.ts';

/** What usage adds up to. */
@ControlPlane('reports')
export class ReportsController {
  constructor(private readonly client: MessageClient) {}

  @Get('usage')
  usage(@Req() request: FastifyRequest) {
    return this.client.request(sumUsage, queryOf(request, usageSumQuery));
  }

  @Get('top')
  top(@Req() request: FastifyRequest) {
    return this.client.request(topUsage, queryOf(request, usageTopQuery) as RequestOf<typeof topUsage>);
  }

  @Get('latency')
  latency(@Req() request: FastifyRequest) {
    return this.client.request(usageLatency, queryOf(request, usageLatencyQuery));
  }

  @Get('dashboard')
  dashboard(@Req() request: FastifyRequest) {
    return this.client.request(usageDashboard, queryOf(request, usageDashboardQuery));
  }
}
