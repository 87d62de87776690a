import { DomainError } from '@purser/errors';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { sendError } from '../errors/send-error.ts';
import { countLate } from '../limits/limit-requests.ts';
import type { WebGatewayConfig } from '../web-gateway.config.ts';
import { negotiate } from './coding.ts';
import { Compression, type CompressionConfig } from './compression.ts';
import { answerPreflight, type CorsConfig } from './cors.ts';
import { finishAnswer } from './finish-answer.ts';
import { StandingHeaders, type SecurityConfig } from './standing-headers.ts';

export type EdgeConfig = CompressionConfig &
  CorsConfig &
  SecurityConfig &
  Pick<WebGatewayConfig, 'MAX_BODY_BYTES' | 'REQUEST_TIMEOUT_MS'>;

/** What all answers of a gateway are finished with, also those that the data plane writes past the framework. */
export class Edge {
  readonly compression: Compression;
  readonly headers: StandingHeaders;
  readonly #config: EdgeConfig;

  constructor(config: EdgeConfig) {
    this.compression = new Compression(config);
    this.headers = new StandingHeaders(config);
    this.#config = config;
  }

  /** Adds itself to all requests and replies of a server. */
  addTo(fastify: FastifyInstance): void {
    const edge: Edge = this;
    fastify.decorateReply('edge', { getter: (): Edge => edge });
    fastify.addHook('onRequest', (request, reply, done) => {
      void reply.header('x-request-id', request.id);
      if (this.#admits(request, reply)) done();
    });
    fastify.addHook('onSend', (request, reply, payload, done) => {
      const counted = countLate(request, reply);
      if (counted === undefined) finishAnswer(this, request, reply, payload, done);
      else void counted.then(() => finishAnswer(this, request, reply, payload, done));
    });
  }

  /** The value of Vary; undefined where the answer is the same for all. */
  vary(path: string, contentType: unknown): string | undefined {
    const byCoding = this.compression.varies(path, contentType);
    if (!this.headers.varyByOrigin) return byCoding ? 'Accept-Encoding' : undefined;
    return byCoding ? 'Accept-Encoding, Origin' : 'Origin';
  }

  /** Whether the request may go on; otherwise it has been answered. */
  #admits(request: FastifyRequest, reply: FastifyReply): boolean {
    if (request.method === 'OPTIONS' && answerPreflight(request, reply, this.#config)) return false;
    const { coding, required } = negotiate(request.headers['accept-encoding']);
    if (!required || coding !== undefined) return true;
    // Before anything is done, let alone paid, for an answer that the client won't take.
    const message = 'accept-encoding: must accept br, gzip, deflate or identity';
    sendError(request, reply, new DomainError('not_acceptable', message, { field: 'accept-encoding' }));
    return false;
  }
}

declare module 'fastify' {
  interface FastifyReply {
    /** What its answer is finished with. */
    readonly edge: Edge;
  }
}
