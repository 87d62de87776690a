import { Get, Req, Res } from '@nestjs/common';
import { paginate, validate, type RequestContract, type ResponseOf, type pageMetrics } from '@purser/contracts';
import { DomainError } from '@purser/errors';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { pageHeaders } from './page-headers.ts';
import { ResourceController } from './resource.controller.ts';

/** How often a page is read, while others write, before that is what is answered. */
const MOST_READINGS = 3;

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

  /** Answers a page, all of it of one state of the catalogue. */
  protected async page(
    request: FastifyRequest,
    reply: FastifyReply,
    { request: schema }: Pick<RequestContract, 'request'>,
    contract: RequestContract,
  ): Promise<void> {
    const query = validate(schema, { ...(request.query as object) }) as PageQuery;
    const { page, limit } = query;
    const { rows, total } = await this.#read(query, contract);
    const pagination = paginate({ page, limit }, total);
    const headers = { ...pageHeaders(request.url, pagination), 'content-type': 'application/json; charset=utf-8' };
    void reply.headers(headers).send(`{"data":[${rows}],"pagination":${JSON.stringify(pagination)}}`);
  }

  /** A page that is too long for a message comes in several, and is begun again where something is written in between. */
  async #read(query: PageQuery, contract: RequestContract): Promise<Pick<TextPage, 'rows' | 'total'>> {
    for (let reading = 1; ; reading++) {
      try {
        return await this.#readOnce(query, contract);
      } catch (error) {
        const isChange = error instanceof DomainError && error.code === 'concurrent_change';
        if (!isChange || reading === MOST_READINGS) throw error;
      }
    }
  }

  async #readOnce(query: PageQuery, contract: RequestContract): Promise<Pick<TextPage, 'rows' | 'total'>> {
    const ask = async (asked: object) => (await this.client.request(contract, { ...query, ...asked })) as TextPage;
    const first = await ask({ skip: 0 });
    const { total, revision } = first;
    let { rows, count } = first;
    const wanted = Math.min(query.limit, total - (query.page - 1) * query.limit);
    for (let shown = count; shown < wanted && count > 0; shown += count) {
      const more = await ask({ skip: shown, revision });
      ({ count } = more);
      if (count > 0) rows += `,${more.rows}`;
    }
    return { rows, total };
  }
}
