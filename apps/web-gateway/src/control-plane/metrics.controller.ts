import { Get, Req, Res } from '@nestjs/common';
import { metrics, metricSearch, pageMetrics, paginate, searchMetrics, validate } from '@purser/contracts';
import type { Metric, ResponseOf } from '@purser/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ControlPlane } from './control-plane.decorator.ts';
import { pageHeaders } from './page-headers.ts';
import { ResourceController, type Stored } from './resource.controller.ts';

interface PageQuery {
  readonly page: number;
  readonly limit: number;
}

/** Asks for a page's rows, but for the first `skip` of them. */
type Ask = (skip: number) => Promise<ResponseOf<typeof pageMetrics>>;

@ControlPlane('metrics')
export class MetricsController extends ResourceController {
  protected readonly resource = metrics;

  /** A definition's `version` is its author's: what counts its changes is called `revision`. */
  protected override versionOf(resource: Stored): number {
    return (resource as Stored & Pick<Metric, 'revision'>).revision;
  }

  @Get()
  override list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const query = validate(metrics.list.request, { ...(request.query as object) });
    return this.#page(request, reply, query, (skip) => this.client.request(pageMetrics, { ...query, skip }));
  }

  @Get('search')
  search(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const query = validate(metricSearch, { ...(request.query as object) });
    return this.#page(request, reply, query, (skip) => this.client.request(searchMetrics, { ...query, skip }));
  }

  /** Puts the texts of the rows together; they are not read here. A page too long for one message comes in several. */
  async #page(request: FastifyRequest, reply: FastifyReply, { page, limit }: PageQuery, ask: Ask): Promise<void> {
    let { rows, count, total } = await ask(0);
    const wanted = Math.min(limit, total - (page - 1) * limit);
    for (let shown = count; shown < wanted && count > 0; shown += count) {
      const more = await ask(shown);
      ({ count, total } = more);
      if (count > 0) rows += `,${more.rows}`;
    }
    const pagination = paginate({ page, limit }, total);
    const headers = { ...pageHeaders(request.url, pagination), 'content-type': 'application/json; charset=utf-8' };
    void reply.headers(headers).send(`{"data":[${rows}],"pagination":${JSON.stringify(pagination)}}`);
  }
}
