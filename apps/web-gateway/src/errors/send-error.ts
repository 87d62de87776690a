import { Logger } from '@nestjs/common';
import type { DomainError } from '@purser/errors';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { domainErrorOf } from './domain-error-of.ts';
import { errorAnswer } from './error-answer.ts';
import { letTheRestArrive } from './let-the-rest-arrive.ts';
import { methodsOf } from './routes.ts';

const logger = new Logger('HTTP');

/**
 * Answers a request with an error. The one place where errors become HTTP: unexpected ones are logged here, once, with
 * their stack. Where the answer has begun already, its connection is cut instead, so that the client notices.
 */
export function sendError(request: FastifyRequest, reply: FastifyReply, thrown: unknown): void {
  const path = pathOf(request.raw.url ?? '/');
  const methods = () => methodsOf(request.server, path);
  const maxBodyBytes = request.routeOptions.bodyLimit;
  const error = domainErrorOf(thrown, { method: request.method, path, maxBodyBytes, methods });
  if (error.kind === 'internal') logFault(error, `${request.method} ${path}`, request.id);
  if (reply.sent || reply.raw.headersSent) {
    if (!reply.raw.writableEnded) reply.raw.destroy();
    return;
  }
  const { status, headers, body } = errorAnswer(error, path, request.id);
  const answer = (): void => void reply.code(status).headers(headers).send(body);
  if (error.kind === 'too-large') letTheRestArrive(request.raw, answer);
  else answer();
}

function pathOf(url: string): string {
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}

function logFault(error: DomainError, what: string, requestId: string): void {
  const fault = error.cause instanceof Error ? error.cause : error;
  logger.error(`${what} failed, request id ${requestId}: ${fault.message}`, fault.stack);
}
