import { Get, Req, Res } from '@nestjs/common';
import {
  countMetrics,
  getMetricPolicy,
  metrics,
  metricSearch,
  pageMetrics,
  searchMetrics,
  type Metric,
} from '@purser/contracts';
import { MessageClient } from '@purser/messaging';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { queryOf } from './control-plane-request.ts';
import { CachedCatalogue } from './cached-answers.ts';
import { ControlPlane } from './control-plane.decorator.ts';
import { prefersText } from './preferred-type.ts';
import type { Stored } from './resource.controller.ts';
import { TextPageController } from './text-page.controller.ts';

@ControlPlane('metrics')
@CachedCatalogue()
export class MetricsController extends TextPageController {
  protected readonly resource = metrics;
  protected readonly pages = pageMetrics;

  /** A definition's `version` is its author's: what counts its changes is called `revision`. */
  protected override versionOf(resource: Stored): number {
    return (resource as Stored & Pick<Metric, 'revision'>).revision;
  }

  @Get('search')
  search(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.page(request, reply, { request: metricSearch }, searchMetrics);
  }

  @Get('stats')
  stats(@Req() request: FastifyRequest) {
    queryOf(request, countMetrics.request);
    return this.client.request(countMetrics, {});
  }
}

/** A metric's targets as a policy. */
@ControlPlane('metrics')
@CachedCatalogue(['accept'])
export class MetricPolicyController {
  constructor(private readonly client: MessageClient) {}

  /** JSON, or for who prefers `text/plain` the policy alone. */
  @Get(':id/policy')
  async policy(@Req() request: FastifyRequest<{ Params: { id: string } }>, @Res() reply: FastifyReply): Promise<void> {
    const found = await this.client.request(getMetricPolicy, { id: request.params.id });
    void reply.header('vary', 'accept');
    if (!prefersText(request.headers.accept)) void reply.send(found);
    else void reply.header('content-type', 'text/plain; charset=utf-8').send(found.policy);
  }
}
