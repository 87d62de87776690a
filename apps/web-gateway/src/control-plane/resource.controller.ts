import { Delete, Get, Inject, Injectable, Patch, Post, Req, Res } from '@nestjs/common';
import type { Pagination, RequestContract, ResourceContract } from '@purser/contracts';
import { MessageClient } from '@purser/messaging';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { WEB_GATEWAY_CONFIG, type WebGatewayConfig } from '../web-gateway.config.ts';
import { actorOf, bodyOf, idempotencyKeyOf, queryOf, type Schema } from './control-plane-request.ts';
import { etagOf, versionAskedFor } from './etags.ts';
import { pageHeaders } from './page-headers.ts';

/** What every stored resource has. */
export interface Stored {
  readonly id: string;
  readonly version: number;
}

/** A JSON object. */
export type Fields = Record<string, unknown>;
type Params = { readonly Params: { readonly id: string } };

/**
 * The five routes of a resource, each of which is one message. POST answers 201 with Location; single reads and writes
 * carry an ETag; If-None-Match, If-Match and Idempotency-Key are heeded.
 */
@Injectable()
export abstract class ResourceController {
  protected abstract readonly resource: ResourceContract;

  constructor(
    protected readonly client: MessageClient,
    @Inject(WEB_GATEWAY_CONFIG) private readonly config: WebGatewayConfig,
  ) {}

  /** What POST takes over HTTP. */
  protected get creation(): Schema {
    return this.resource.create.request.shape.input;
  }

  /** What PATCH takes over HTTP. */
  protected get changes(): Schema {
    return this.resource.update.request.shape.changes;
  }

  /** The number that counts a resource's changes. */
  protected versionOf(resource: Stored): number {
    return resource.version;
  }

  /** What of a resource changes without a new version; undefined where nothing does. */
  protected volatileOf(_resource: Stored): unknown {
    return undefined;
  }

  /** The fields as the service takes them; the same for the same fields and idempotency key. */
  protected toMessage(fields: Fields, _idempotencyKey?: string): Fields {
    return fields;
  }

  @Post()
  async create(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const idempotencyKey = idempotencyKeyOf(request);
    const input = this.toMessage(bodyOf(request, this.creation, this.config.MAX_JSON_DEPTH), idempotencyKey);
    const payload = { input, actor: actorOf(request), idempotencyKey };
    const created = await this.#ask<Stored>(this.resource.create, payload);
    // An answer may hold a secret that is shown this once.
    const headers = { location: `${request.routeOptions.url}/${created.id}`, 'cache-control': 'no-store' };
    void reply.code(201).headers(headers).header('etag', this.#tagOf(created)).send(created);
  }

  @Get()
  async list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const page = await this.#ask<{ pagination: Pagination }>(
      this.resource.list,
      queryOf(request, this.resource.list.request),
    );
    void reply.headers(pageHeaders(request.url, page.pagination)).send(page);
  }

  @Get(':id')
  async get(@Req() request: FastifyRequest<Params>, @Res() reply: FastifyReply): Promise<void> {
    const found = await this.#ask<Stored>(this.resource.get, { id: request.params.id });
    void reply.header('etag', this.#tagOf(found)).send(found);
  }

  @Patch(':id')
  async update(@Req() request: FastifyRequest<Params>, @Res() reply: FastifyReply): Promise<void> {
    const ifMatch = versionAskedFor(request.headers['if-match']);
    const changes = this.toMessage(bodyOf(request, this.changes, this.config.MAX_JSON_DEPTH));
    const payload = { id: request.params.id, changes, ifMatch, actor: actorOf(request) };
    const changed = await this.#ask<Stored>(this.resource.update, payload);
    void reply.header('etag', this.#tagOf(changed)).send(changed);
  }

  @Delete(':id')
  async remove(@Req() request: FastifyRequest<Params>, @Res() reply: FastifyReply): Promise<void> {
    const ifMatch = versionAskedFor(request.headers['if-match']);
    await this.#ask(this.resource.remove, { id: request.params.id, ifMatch, actor: actorOf(request) });
    void reply.code(204).send();
  }

  #tagOf(resource: Stored): string {
    return etagOf(this.versionOf(resource), this.volatileOf(resource));
  }

  async #ask<T>(contract: RequestContract, payload: Fields): Promise<T> {
    return (await this.client.request(contract, payload)) as T;
  }
}
