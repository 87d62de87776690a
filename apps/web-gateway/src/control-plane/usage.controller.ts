import { Get, Req } from '@nestjs/common';
import { listUsage, usageQuery } from '@purser/contracts';
import { MessageClient } from '@purser/messaging';
import type { FastifyRequest } from 'fastify';
import { queryOf } from './control-plane-request.ts';
import { ControlPlane } from './control-plane.decorator.ts';
import { Visibility } from './visibility.ts';

@ControlPlane('usage')
export class UsageController {
  constructor(
    private readonly client: MessageClient,
    private readonly visibility: Visibility,
  ) {}

  @Get()
  list(@Req() request: FastifyRequest) {
    const query = this.visibility.narrowed(request.caller, queryOf(request, usageQuery));
    return this.client.request(listUsage, query);
  }
}
