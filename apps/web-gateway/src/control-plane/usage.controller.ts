import { Get, Req } from '@nestjs/common';
import { listUsage, usageQuery } from '@purser/contracts';
import { MessageClient } from '@purser/messaging';
import type { FastifyRequest } from 'fastify';
import { queryOf } from './control-plane-request.ts';
import { ControlPlane } from './control-plane.decorator.ts';

@ControlPlane('usage')
export class UsageController {
  constructor(private readonly client: MessageClient) {}

  @Get()
  list(@Req() request: FastifyRequest) {
    return this.client.request(listUsage, queryOf(request, usageQuery));
  }
}
