import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { Get, Inject, Post, Req, Res } from '@nestjs/common';
import {
  CATALOGUE_FORMAT,
  catalogueFrame,
  catalogueParts,
  catalogueRevision,
  exportCatalogue,
  importCatalogue,
  importQuery,
  MAX_CATALOGUE_BYTES,
  stageCatalogue,
  validate,
  type CatalogueSection,
  type ImportResult,
  type ResponseOf,
} from '@purser/contracts';
import { DomainError, invalidField } from '@purser/errors';
import { MessageClient } from '@purser/messaging';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isKnown } from '../edge/entity-tags.ts';
import { WEB_GATEWAY_CONFIG, type WebGatewayConfig } from '../web-gateway.config.ts';
import { bodyOf, queryOf } from './control-plane-request.ts';
import { ControlPlane } from './control-plane.decorator.ts';
import { etagOf } from './etags.ts';

const SECTIONS: readonly CatalogueSection[] = ['domains', 'metrics', 'objectives'];

type Piece = ResponseOf<typeof exportCatalogue>;

/** The metric catalogue as a file, in and out. A file is larger than a message may be: it travels in pieces. */
@ControlPlane('metrics')
export class CatalogueFileController {
  constructor(
    private readonly client: MessageClient,
    @Inject(WEB_GATEWAY_CONFIG) private readonly config: WebGatewayConfig,
  ) {}

  /** Imports a file, all of it or nothing. */
  @Post('import')
  async import(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { dryRun, mode } = validate(importQuery, { ...(request.query as object) });
    const texts = [...catalogueParts(textOf(bodyOf(request, catalogueFrame, this.config.MAX_JSON_DEPTH)))];
    const importId = randomUUID();
    for (const [part, text] of texts.entries()) await this.client.request(stageCatalogue, { importId, part, text });
    const asked = { importId, parts: texts.length, dryRun: dryRun === 'true', mode };
    const result: ImportResult = await this.client.request(importCatalogue, asked);
    void reply.code(200).send(result);
  }

  /** The whole catalogue as a file, of one state: where it is changed meanwhile, the answer is cut. */
  @Get('export')
  async export(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    queryOf(request, catalogueRevision.request);
    const { revision } = await this.client.request(catalogueRevision, {});
    const tag = etagOf(Number(revision));
    void reply.header('etag', tag);
    if (isKnown(request.headers['if-none-match'], tag)) return void reply.code(304).send();
    const headers = {
      'content-type': 'application/json; charset=utf-8',
      'content-disposition': 'attachment; filename="catalogue.json"',
    };
    if (request.method === 'HEAD') return void reply.headers(headers).send();
    const first = await this.#piece('domains', revision);
    void reply.headers(headers).send(Readable.from(this.#file(first), { objectMode: false }));
  }

  async *#file(first: Piece): AsyncGenerator<string> {
    yield `{"format":"${CATALOGUE_FORMAT}"`;
    for (const section of SECTIONS) {
      yield `,"${section}":[`;
      let piece = section === 'domains' ? first : await this.#piece(section, first.revision);
      yield piece.rows;
      while (piece.next !== null) {
        piece = await this.#piece(section, first.revision, piece.next);
        if (piece.rows !== '') yield `,${piece.rows}`;
      }
      yield ']';
    }
    yield '}\n';
  }

  #piece(section: CatalogueSection, revision: string, after?: string): Promise<Piece> {
    return this.client.request(exportCatalogue, { section, revision, after });
  }
}

/** The file as it was read here, where names that are written with escapes are read right. */
function textOf(file: unknown): string {
  const text = JSON.stringify(file, onlyFinite);
  if (Buffer.byteLength(text) > MAX_CATALOGUE_BYTES) {
    const message = `The file has more than ${MAX_CATALOGUE_BYTES} bytes; import it in several parts.`;
    throw new DomainError('body_too_large', message, { maxBytes: MAX_CATALOGUE_BYTES });
  }
  return text;
}

/** JSON can write numbers that no double holds; they would become null on their way. */
function onlyFinite(name: string, value: unknown): unknown {
  if (typeof value !== 'number' || Number.isFinite(value)) return value;
  throw invalidField(name, 'must be a number that a double can hold');
}
