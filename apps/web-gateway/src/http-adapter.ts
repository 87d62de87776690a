import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { guardRoutes } from './authentication/guard-routes.ts';
import { leadToDocsPage } from './docs-page/lead-to-page.ts';
import { Edge, type EdgeConfig } from './edge/edge.ts';
import { boundWebhookBodies } from './control-plane/webhooks.controller.ts';
import { answerClientError } from './errors/client-error.ts';
import { rememberRoutes } from './errors/routes.ts';
import { sendError } from './errors/send-error.ts';
import type { WebGatewayConfig } from './web-gateway.config.ts';

export type HttpConfig = EdgeConfig & Pick<WebGatewayConfig, 'TRUSTED_PROXIES'>;

/** Ids are 36 characters; a route's parameter of more is an unknown path. */
const MAX_PARAMETER_CHARACTERS = 300;
const SANE_REQUEST_ID = /^[A-Za-z0-9._-]{1,128}$/;

/** Bodies are handed on as they are: Nest adds no parser, whatever the app's options say. */
class RawBodyAdapter extends FastifyAdapter {
  override registerParserMiddleware(): void {
    // None.
  }
}

/**
 * Nest's Fastify, set up for the hot path: handlers get the body as a Buffer (undefined where there is none), nothing is
 * parsed, no middleware, no log line per request. What every answer carries is {@link Edge}'s.
 */
export function createHttpAdapter(config: HttpConfig): FastifyAdapter {
  const adapter = new RawBodyAdapter({
    bodyLimit: config.MAX_BODY_BYTES,
    requestTimeout: config.REQUEST_TIMEOUT_MS,
    requestIdHeader: false,
    // Nobody else is believed about where a request is from.
    trustProxy: config.TRUSTED_PROXIES.length > 0 ? [...config.TRUSTED_PROXIES] : false,
    genReqId: requestId,
    routerOptions: { maxParamLength: MAX_PARAMETER_CHARACTERS },
    skipMiddie: true,
    multipart: false,
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => sendError(request, reply, error),
    clientErrorHandler: answerClientError,
  });
  const fastify = adapter.getInstance();
  rememberRoutes(fastify);
  guardRoutes(fastify);
  boundWebhookBodies(fastify as unknown as FastifyInstance, config.MAX_BODY_BYTES);
  leadToDocsPage(fastify as unknown as FastifyInstance);
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  new Edge(config).addTo(fastify as unknown as FastifyInstance);
  return adapter;
}

/** The caller's own id of the request, where it sent a sane one; it goes into logs and records. */
function requestId({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && SANE_REQUEST_ID.test(given) ? given : randomUUID();
}
