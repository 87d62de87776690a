import { Get, HttpCode, Inject, Post, Req } from '@nestjs/common';
import { leasesQuery, listLeases, releaseLease, type RequestOf } from '@purser/contracts';
import { MessageClient } from '@purser/messaging';
import type { FastifyRequest } from 'fastify';
import { WEB_GATEWAY_CONFIG, type WebGatewayConfig } from '../web-gateway.config.ts';
import { bodyOf, queryOf } from './control-plane-request.ts';
import { ControlPlane } from './control-plane.decorator.ts';
import { Visibility } from './visibility.ts';

type Release = RequestOf<typeof releaseLease>['input'];

@ControlPlane('leases')
export class LeasesController {
  constructor(
    private readonly client: MessageClient,
    @Inject(WEB_GATEWAY_CONFIG) private readonly config: WebGatewayConfig,
    private readonly visibility: Visibility,
  ) {}

  @Get()
  list(@Req() request: FastifyRequest) {
    const query = this.visibility.narrowed(request.caller, queryOf(request, leasesQuery));
    return this.client.request(listLeases, query);
  }

  @Post(':id/release')
  @HttpCode(200)
  release(@Req() request: FastifyRequest<{ Params: { id: string } }>) {
    const input = bodyOf(request, releaseLease.request.shape.input, this.config.MAX_JSON_DEPTH);
    return this.client.request(releaseLease, { id: request.params.id, input: input as Release });
  }
}
