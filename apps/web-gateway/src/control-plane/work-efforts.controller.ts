import { Get, Req, Res } from '@nestjs/common';
import { getWorkEffort, listWorkEfforts } from '@purser/contracts';
import { MessageClient } from '@purser/messaging';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { queryOf } from './control-plane-request.ts';
import { ControlPlane } from './control-plane.decorator.ts';
import { digestTag, isKnown } from './etags.ts';
import { pageHeaders } from './page-headers.ts';

@ControlPlane('work-efforts')
export class WorkEffortsController {
  constructor(private readonly client: MessageClient) {}

  @Get()
  async list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const page = await this.client.request(listWorkEfforts, queryOf(request, listWorkEfforts.request));
    void reply.headers(pageHeaders(request.url, page.pagination)).send(page);
  }

  @Get(':id')
  async get(@Req() request: FastifyRequest<{ Params: { id: string } }>, @Res() reply: FastifyReply): Promise<void> {
    const found = await this.client.request(getWorkEffort, { id: request.params.id });
    const tag = digestTag(found);
    void reply.header('etag', tag);
    if (isKnown(request.headers['if-none-match'], tag)) void reply.code(304).send();
    else void reply.send(found);
  }
}
