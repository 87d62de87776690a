import { Delete, Get, Inject, Injectable, Patch, Post, Req, Res } from '@nestjs/common';
import type { Pagination, RequestContract, ResourceContract } from '@purser/contracts';
import { DomainError } from '@purser/errors';
import { MessageClient } from '@purser/messaging';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../authentication/caller.ts';
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

  /** What of a list the caller may ask for. */
  protected narrowed(_caller: Caller, query: Fields): Fields {
    return query;
  }

  /** A resource as the caller may read it. */
  protected find(_caller: Caller, id: string): Promise<Stored> {
    return this.ask<Stored>(this.resource.get, { id });
  }

  /** Refuses what the caller may not create. */
  protected allowCreation(_caller: Caller, _input: Fields): void {
    // Whoever may create, may create anything.
  }

  /** Opens a write, before its body is looked at: refuses it, or says what is known of the resource to be changed. */
  protected openWrite(_caller: Caller, _id: string, _verb: 'update' | 'remove'): Promise<Stored | undefined> {
    // Whoever may write, may write anything, so nothing has to be known.
    return Promise.resolve(undefined);
  }

  /** Refuses changes that the caller may not make to a resource that `openWrite` found. */
  protected allowChanges(_caller: Caller, _current: Stored, _changes: Fields): void {
    // As above.
  }

  @Post()
  async create(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const idempotencyKey = idempotencyKeyOf(request);
    const fields = bodyOf(request, this.creation, this.config.MAX_JSON_DEPTH);
    this.allowCreation(request.caller, fields);
    const payload = { input: this.toMessage(fields, idempotencyKey), actor: actorOf(request), idempotencyKey };
    const created = await this.ask<Stored>(this.resource.create, payload);
    // An answer may hold a secret that is shown this once.
    const headers = { location: `${request.routeOptions.url}/${created.id}`, 'cache-control': 'no-store' };
    void reply.code(201).headers(headers).header('etag', this.#tagOf(created)).send(created);
  }

  @Get()
  async list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const query = this.narrowed(request.caller, queryOf(request, this.resource.query));
    const page = await this.ask<{ pagination: Pagination }>(this.resource.list, query);
    void reply.headers(pageHeaders(request.url, page.pagination)).send(page);
  }

  @Get(':id')
  async get(@Req() request: FastifyRequest<Params>, @Res() reply: FastifyReply): Promise<void> {
    const found = await this.find(request.caller, request.params.id);
    void reply.header('etag', this.#tagOf(found)).send(found);
  }

  @Patch(':id')
  async update(@Req() request: FastifyRequest<Params>, @Res() reply: FastifyReply): Promise<void> {
    const { caller, params, headers } = request;
    const ifMatch = versionAskedFor(headers['if-match']);
    const current = await this.openWrite(caller, params.id, 'update');
    const fields = bodyOf(request, this.changes, this.config.MAX_JSON_DEPTH);
    if (current) this.allowChanges(caller, current, fields);
    const payload = { id: params.id, changes: this.toMessage(fields), actor: actorOf(request) };
    const changed = await this.#write<Stored>(this.resource.update, payload, ifMatch, current);
    void reply.header('etag', this.#tagOf(changed)).send(changed);
  }

  @Delete(':id')
  async remove(@Req() request: FastifyRequest<Params>, @Res() reply: FastifyReply): Promise<void> {
    const { caller, params, headers } = request;
    const ifMatch = versionAskedFor(headers['if-match']);
    const current = await this.openWrite(caller, params.id, 'remove');
    await this.#write(this.resource.remove, { id: params.id, actor: actorOf(request) }, ifMatch, current);
    void reply.code(204).send();
  }

  protected async ask<T>(contract: RequestContract, payload: Fields): Promise<T> {
    return (await this.client.request(contract, payload)) as T;
  }

  #tagOf(resource: Stored): string {
    return etagOf(this.versionOf(resource), this.volatileOf(resource));
  }

  /** Changes what was looked at, and nothing that it has become since. */
  async #write<T>(contract: RequestContract, payload: Fields, ifMatch?: number, current?: Stored): Promise<T> {
    if (current === undefined) return this.ask<T>(contract, { ...payload, ifMatch });
    const version = this.versionOf(current);
    if (ifMatch !== undefined && ifMatch !== version) throw staleIfMatch(current.id, version, ifMatch);
    try {
      return await this.ask<T>(contract, { ...payload, ifMatch: version });
    } catch (error) {
      throw ifMatch === undefined ? lostRace(error, current) : error;
    }
  }
}

function staleIfMatch(id: string, version: number, ifMatch: number): DomainError {
  return new DomainError(
    'precondition_failed',
    `This resource has version ${version} by now; If-Match names version ${ifMatch}.`,
    { id, version },
  );
}

/** Who sent no If-Match knows of no condition: it is told to send the same again. */
function lostRace(error: unknown, { id }: Stored): unknown {
  if (!(error instanceof DomainError) || error.code !== 'precondition_failed') return error;
  return new DomainError('concurrent_change', 'It was changed by somebody else just now.', { id });
}
