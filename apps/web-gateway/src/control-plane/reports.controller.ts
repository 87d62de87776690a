import { Get, Req, Res } from '@nestjs/common';
import {
  sumUsage,
  topUsage,
  usageDashboard,
  usageDashboardQuery,
  usageExportQuery,
  usageLatency,
  usageLatencyQuery,
  usageSumQuery,
  usageTopQuery,
  type exportUsage,
  type RequestOf,
} from '@purser/contracts';
import { MessageClient } from '@purser/messaging';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { UsageExports } from '../exports/usage-exports.ts';
import { CachedSums } from './cached-answers.ts';
import { queryOf, type Schema } from './control-plane-request.ts';
import { ControlPlane } from './control-plane.decorator.ts';
import { Visibility } from './visibility.ts';

/** What usage adds up to. */
@ControlPlane('reports')
export class ReportsController {
  constructor(
    private readonly client: MessageClient,
    private readonly visibility: Visibility,
    private readonly exports: UsageExports,
  ) {}

  @Get('usage')
  @CachedSums()
  usage(@Req() request: FastifyRequest) {
    return this.client.request(sumUsage, this.#queryOf(request, usageSumQuery));
  }

  @Get('top')
  @CachedSums()
  top(@Req() request: FastifyRequest) {
    return this.client.request(topUsage, this.#queryOf(request, usageTopQuery) as RequestOf<typeof topUsage>);
  }

  @Get('latency')
  @CachedSums()
  latency(@Req() request: FastifyRequest) {
    return this.client.request(usageLatency, this.#queryOf(request, usageLatencyQuery));
  }

  @Get('dashboard')
  @CachedSums()
  dashboard(@Req() request: FastifyRequest) {
    return this.client.request(usageDashboard, this.#queryOf(request, usageDashboardQuery));
  }

  @Get('export')
  async export(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { format, ...query } = this.#queryOf(request, usageExportQuery) as ExportQuery;
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    const { contentType, name, body } = await this.exports.open(query, format, {
      keyId: request.caller.keyId,
      gone: gone.signal,
    });
    void reply.headers({ 'content-type': contentType, 'content-disposition': `attachment; filename="${name}"` });
    if (request.method === 'HEAD') body.destroy();
    // An error that ends the body makes Fastify cut the connection; a client that leaves makes it destroy the body.
    void reply.send(request.method === 'HEAD' ? undefined : body);
  }

  /** Of what the caller sees. */
  #queryOf(request: FastifyRequest, schema: Schema) {
    return this.visibility.narrowed(request.caller, queryOf(request, schema));
  }
}

type ExportQuery = RequestOf<typeof exportUsage> & { readonly format: 'csv' | 'ndjson' };
