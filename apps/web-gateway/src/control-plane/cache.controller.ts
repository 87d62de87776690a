import { Get, HttpCode, Inject, Post, Req } from '@nestjs/common';
import { cacheInvalidation, type CacheStatisticsOfAll } from '@purser/contracts';
import type { Invalidation } from '@purser/caching';
import { invalidField } from '@purser/errors';
import { CacheFleet, UnknownNamespace } from '@purser/service-caching';
import type { FastifyRequest } from 'fastify';
import { WEB_GATEWAY_CONFIG, type WebGatewayConfig } from '../web-gateway.config.ts';
import { bodyOf } from './control-plane-request.ts';
import { ControlPlane } from './control-plane.decorator.ts';

/** The caches of all replicas of all services. */
@ControlPlane('cache')
export class CacheController {
  constructor(
    private readonly fleet: CacheFleet,
    @Inject(WEB_GATEWAY_CONFIG) private readonly config: WebGatewayConfig,
  ) {}

  @Get('stats')
  stats(): Promise<CacheStatisticsOfAll> {
    return this.fleet.statistics();
  }

  @Post('invalidate')
  @HttpCode(200)
  async invalidate(@Req() request: FastifyRequest): Promise<{ namespaces: readonly string[] }> {
    const { namespace, ...what } = bodyOf(request, cacheInvalidation, this.config.MAX_JSON_DEPTH) as Asked;
    try {
      return { namespaces: await this.fleet.invalidate(invalidationOf(what), namespace) };
    } catch (error) {
      if (!(error instanceof UnknownNamespace)) throw error;
      throw invalidField('namespace', `must be one of ${error.namespaces.join(', ')}`);
    }
  }
}

/** Exactly one of the first three. */
interface Asked {
  readonly tag?: string;
  readonly key?: string;
  readonly pattern?: string;
  readonly namespace?: string;
}

function invalidationOf({ tag, key, pattern }: Asked): Invalidation {
  if (tag !== undefined) return { kind: 'tags', tags: [tag] };
  return key === undefined ? { kind: 'pattern', pattern: pattern! } : { kind: 'keys', keys: [key] };
}
