import { Get, Req, Res } from '@nestjs/common';
import { getTicket, getWorkEffort, listTags, listTickets, listWorkEfforts, workEffortStats } from '@purser/contracts';
import { MessageClient } from '@purser/messaging';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CachedWorkEfforts } from './cached-answers.ts';
import { queryOf } from './control-plane-request.ts';
import { ControlPlane } from './control-plane.decorator.ts';
import { pageHeaders } from './page-headers.ts';

type One = FastifyRequest<{ Params: { id: string } }>;

@ControlPlane('work-efforts')
@CachedWorkEfforts()
export class WorkEffortsController {
  constructor(private readonly client: MessageClient) {}

  @Get()
  async list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const page = await this.client.request(listWorkEfforts, queryOf(request, listWorkEfforts.request));
    void reply.headers(pageHeaders(request.url, page.pagination)).send(page);
  }

  @Get('stats')
  stats(@Req() request: FastifyRequest) {
    return this.client.request(workEffortStats, queryOf(request, workEffortStats.request));
  }

  @Get(':id')
  get(@Req() request: One) {
    return this.client.request(getWorkEffort, { id: request.params.id });
  }
}

@ControlPlane('tickets')
@CachedWorkEfforts()
export class TicketsController {
  constructor(private readonly client: MessageClient) {}

  @Get()
  async list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const page = await this.client.request(listTickets, queryOf(request, listTickets.request));
    void reply.headers(pageHeaders(request.url, page.pagination)).send(page);
  }

  @Get(':id')
  get(@Req() request: One) {
    return this.client.request(getTicket, { id: request.params.id });
  }
}

@ControlPlane('tags')
@CachedWorkEfforts()
export class TagsController {
  constructor(private readonly client: MessageClient) {}

  @Get()
  async list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const page = await this.client.request(listTags, queryOf(request, listTags.request));
    void reply.headers(pageHeaders(request.url, page.pagination)).send(page);
  }
}
