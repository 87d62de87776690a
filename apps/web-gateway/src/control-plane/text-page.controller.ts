import { Get, Req, Res } from '@nestjs/common';
import { paginate, validate, type RequestContract, type ResponseOf, type pageMetrics } from '@purser/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { pageHeaders } from './page-headers.ts';
import { ResourceController } from './resource.controller.ts';

type TextPage = ResponseOf<typeof pageMetrics>;

/** What every list is asked with. */
interface PageQuery {
  readonly page: number;
  readonly limit: number;
}

/** A resource whose lists travel as text: the rows are put together here, not read. */
export abstract class TextPageController extends ResourceController {
  /** The message that answers the list of `resource`. */
  protected abstract readonly pages: RequestContract;

  @Get()
  override list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.page(request, reply, this.resource.list, this.pages);
  }

  /** Answers a page. One that is too long for a message comes in several. */
  protected async page(
    request: FastifyRequest,
    reply: FastifyReply,
    { request: schema }: Pick<RequestContract, 'request'>,
    contract: RequestContract,
  ): Promise<void> {
    const query = validate(schema, { ...(request.query as object) }) as PageQuery;
    const { page, limit } = query;
    const ask = async (skip: number) => (await this.client.request(contract, { ...query, skip })) as TextPage;
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
