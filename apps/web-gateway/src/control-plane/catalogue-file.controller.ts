import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { Get, Inject, Post, Req, Res } from '@nestjs/common';
import {
  CATALOGUE_FORMAT,
  catalogueParts,
  catalogueRevision,
  exportCatalogue,
  importCatalogue,
  importQuery,
  stageCatalogue,
  validate,
  type CatalogueSection,
  type ImportResult,
  type ResponseOf,
} from '@purser/contracts';
import { MessageClient } from '@purser/messaging';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isKnown } from '../edge/entity-tags.ts';
import { WEB_GATEWAY_CONFIG, type WebGatewayConfig } from '../web-gateway.config.ts';
import { bytesOf, queryOf } from './control-plane-request.ts';
import { ControlPlane } from './control-plane.decorator.ts';
import { etagOf } from './etags.ts';
import { readCatalogueFile } from './read-catalogue-file.ts';

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
    const texts = [...catalogueParts(await readCatalogueFile(bytesOf(request), this.config.MAX_JSON_DEPTH))];
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
